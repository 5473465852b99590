import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processList } from "./checkout";

const SCRIPT = `
  require("tsx/cjs");
  require("./runner/embedded").startThrowaway(17).then((server) => server.stop());`;

describe("a rehearsal's server whose process was killed while it was made", () => {
  // A folder for temporary files of its own: other tests make such servers meanwhile.
  const temporary = mkdtempSync(join(tmpdir(), "v7-killed-"));
  chmodSync(temporary, 0o777);

  afterAll(() => {
    rmSync(temporary, { recursive: true, force: true });
  });

  function start(): ChildProcess {
    return spawn(process.execPath, ["-e", SCRIPT], {
      cwd: join(__dirname, "../../.."),
      env: { ...process.env, TMPDIR: temporary },
      stdio: "inherit",
    });
  }

  const folders = (): string[] =>
    readdirSync(temporary).filter((name) => name.startsWith("v7-throwaway-"));

  it.each([
    ["before initdb has begun", ""],
    ["while initdb works", "data"],
    ["while initdb writes the catalogs", "data/base/1/pg_filenode.map"],
  ])("is removed by the next one: %s", async (_when, path) => {
    const killed = start();
    const made = (): string[] => folders().map((name) => join(temporary, name, path));
    while (!made().some((file) => existsSync(file))) {
      await sleep(2);
    }
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect(folders()).toHaveLength(1);
    expect(await once(start(), "exit")).toEqual([0, null]);
    expect(folders()).toEqual([]);
    expect(processList()).not.toContain(`-D ${temporary}`);
  });
});
