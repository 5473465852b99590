import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { startThrowaway } from "../../../runner/embedded";
import {
  makeThrowawayFolder,
  removeAbandonedFolders,
} from "../../../runner/embedded/folder/throwawayFolder";
import { serverAccount } from "../../../runner/embedded/system/account";

const account = serverAccount();
const made: string[] = [];

afterAll(() => {
  for (const folder of made) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The name of a folder next to our own, with parts of our name replaced. */
function beside(own: string, parts: Partial<Record<"pid" | "start" | "space", string>>): string {
  const [, , pid = "", start = "", space = ""] = basename(own).split("-");
  const { pid: otherPid = pid, start: otherStart = start, space: otherSpace = space } = parts;
  const name = `v7-throwaway-${otherPid}-${otherStart}-${otherSpace}-test${String(made.length)}`;
  const folder = join(dirname(own), name);
  made.push(folder);
  return folder;
}

describe("a rehearsal's folder", () => {
  it("is removed by the next rehearsal when its process is dead, and no other folder is", async () => {
    const own = makeThrowawayFolder(account);
    made.push(own);
    const child = spawn("/bin/sleep", ["60"]);
    child.kill("SIGKILL");
    await once(child, "exit");
    const dead = { pid: String(child.pid), start: "00000000" };
    const abandoned = beside(own, dead);
    mkdirSync(join(abandoned, "data"), { recursive: true });
    writeFileSync(join(abandoned, "server.log"), "");
    const renumbered = beside(own, { start: "00000000" });
    const elsewhere = beside(own, { ...dead, space: "00000000" });
    const precious = mkdtempSync(join(tmpdir(), "v7-precious-"));
    made.push(precious);
    writeFileSync(join(precious, "file"), "");
    const link = beside(own, dead);
    symlinkSync(precious, link);
    symlinkSync(precious, join(abandoned, "link"));
    mkdirSync(renumbered);
    mkdirSync(elsewhere);

    await removeAbandonedFolders();

    expect([abandoned, renumbered].map((folder) => existsSync(folder))).toStrictEqual([
      false,
      false,
    ]);
    expect([own, elsewhere, join(precious, "file")].map((path) => existsSync(path))).toStrictEqual([
      true,
      true,
      true,
    ]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it("is not removed while its server runs", async () => {
    const server = await startThrowaway(17);
    try {
      await removeAbandonedFolders();
      expect(await server.diskBytes()).toBeGreaterThan(1024 ** 2);
    } finally {
      await server.stop();
    }
    expect(await server.diskBytes()).toBe(0);
  });
});
