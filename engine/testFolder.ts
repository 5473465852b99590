import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Linux's file system in memory that everybody may write to. */
const IN_MEMORY = "/dev/shm";

/** What two workers' servers take at once is below 2 GiB. A container has 64 MiB by default. */
const LEAST_BYTES = 4 * 2 ** 30;

/**
 * Runs `use` with a new folder for all that the tests write, and removes the folder: in memory where there is room, else
 * below that one.
 *
 * Each test database is 300 files and each server 1,000, made and removed again. ext4 does not give an inode again for
 * minutes and looks at each one that it passes by: there, making a database takes 0.3 s of a core instead of 0.02 s.
 */
export async function withTestFolder<T>(
  otherwise: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const inMemory = hasRoomInMemory() ? makeFolder(IN_MEMORY) : undefined;
  const folder = inMemory !== undefined && canRunIn(inMemory) ? inMemory : makeFolder(otherwise);
  try {
    return await use(folder);
  } finally {
    for (const made of [folder, inMemory ?? folder]) {
      rmSync(made, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  }
}

function hasRoomInMemory(): boolean {
  if (!existsSync(IN_MEMORY)) {
    return false;
  }
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  return bavail * bsize >= LEAST_BYTES && process.availableMemory() >= LEAST_BYTES;
}

/** As /tmp is: servers run under another account than root's. */
function makeFolder(below: string): string {
  const folder = mkdtempSync(join(below, "v7-tests-"));
  chmodSync(folder, 0o1777);
  return folder;
}

/** Containers mount it `noexec`, and the tests put programs there. */
function canRunIn(folder: string): boolean {
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}
