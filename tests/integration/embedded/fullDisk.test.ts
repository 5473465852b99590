import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  clusterStatus,
  createCluster,
  destroyCluster,
  type Place,
  placeOf,
  startCluster,
  stopCluster,
} from "../../../runner/embedded";
import { isDiskFull } from "../../../runner/embedded/system/fullDisk";
import { count, type Checkout, makeCheckout, processList } from "./checkout";

jest.setTimeout(120_000);

/** Only root may mount a file system of a given size; a plain user's run has only the last test. */
const IS_ROOT = process.getuid?.() === 0;

const NO_SPACE = /^EMBEDDED_FAILED: .*: found no space left on the disk of ".*"\. Make room/;

interface Disk {
  readonly checkout: Checkout;
  readonly place: Place;
  resize(size: string): void;
  remove(): Promise<void>;
}

function makeDisk(size: string): Disk {
  const folder = mkdtempSync(join(tmpdir(), "v7-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=755`, "v7-test", folder]);
  const checkout = makeCheckout({ below: folder });
  return {
    checkout,
    place: placeOf("dev", checkout.folder),
    resize: (to) => execFileSync("mount", ["-o", `remount,size=${to}`, folder]),
    remove: async () => {
      execFileSync("mount", ["-o", "remount,size=400m", folder]);
      await checkout.remove();
      execFileSync("umount", [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Fills the disk, except for what a directory entry or a process number takes. */
function fill(place: Place): string {
  const file = join(place.checkout, "filling");
  const { bavail, bsize } = statfsSync(place.checkout);
  writeFileSync(file, Buffer.alloc(bavail * bsize));
  return file;
}

if (IS_ROOT) {
  it.each(["8m", "25m", "60m"])(
    "creating a server on a full disk of %s fails and leaves nothing, and works once there is room",
    async (size) => {
      const disk = makeDisk(size);
      try {
        await expect(createCluster(disk.place, 17)).rejects.toThrow(NO_SPACE);
        expect((await clusterStatus(disk.place)).state).toBe("gone");
        expect(processList()).not.toContain(disk.checkout.folder);
        expect(readdirSync(disk.place.home).filter((name) => name !== "cluster.json")).toEqual([]);
        disk.resize("300m");
        expect(await count(await createCluster(disk.place, 17), "file_audit")).toBe(6);
      } finally {
        await disk.remove();
      }
    },
  );

  it("starting a server on a full disk fails, and works with its data once there is room", async () => {
    const disk = makeDisk("300m");
    try {
      const access = await createCluster(disk.place, 17);
      await stopCluster(disk.place);
      const filling = fill(disk.place);
      await expect(startCluster(disk.place)).rejects.toThrow(NO_SPACE);
      rmSync(filling);
      expect(await startCluster(disk.place)).toBe(access.port);
      expect(await count(access, "file_audit")).toBe(6);
    } finally {
      await disk.remove();
    }
  });

  it("a server can be removed from a full disk", async () => {
    const disk = makeDisk("300m");
    try {
      await createCluster(disk.place, 17);
      const filling = fill(disk.place);
      await destroyCluster(disk.place);
      expect(readdirSync(join(disk.place.home, ".."))).toEqual([]);
      rmSync(filling);
    } finally {
      await disk.remove();
    }
  });
}

it("an error about a full disk is recognized, even as another error's cause, and other errors are not", () => {
  const said = new Error("initdb: error: could not write to file: No space left on device");
  const code = Object.assign(new Error("write failed"), { code: "ENOSPC" });
  expect(isDiskFull(said, tmpdir())).toBe(true);
  expect(isDiskFull(new Error("behind", { cause: code }), tmpdir())).toBe(true);
  expect(isDiskFull(new Error("cp: write error: Disk quota exceeded"), tmpdir())).toBe(true);
  expect(isDiskFull(new Error("Permission denied"), tmpdir())).toBe(false);
});
