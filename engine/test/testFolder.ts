import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Linux's in-memory file system, writable for everybody. */
const IN_MEMORY = "/dev/shm";

/** Twice what two workers' servers need. A container has 64 MiB by default. */
const LEAST_BYTES = 4 * 2 ** 30;

/**
 * Runs `use` with a new folder for the tests' files, and removes the folder: in memory where there is room, else below
 * `otherwise`.
 *
 * Each test database has 300 files, each server 1,000. ext4 does not reuse a removed file's inode for minutes and searches
 * past all of these: making a database there takes 0.3 s of CPU time instead of 0.02 s.
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

/** With the permissions of /tmp: root starts servers under another account. */
function makeFolder(below: string): string {
  const folder = mkdtempSync(join(below, "v7-tests-"));
  chmodSync(folder, 0o1777);
  return folder;
}

/** Whether programs can run there, as tests need: containers mount /dev/shm `noexec`. */
function canRunIn(folder: string): boolean {
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(program);
  return status === 0;
}
