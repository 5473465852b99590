import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processList } from "./checkout";

describe("a rehearsal's server whose process was killed", () => {
  // A folder for temporary files of its own: other tests make such servers meanwhile.
  const temporary = mkdtempSync(join(tmpdir(), "v7-killed-"));
  chmodSync(temporary, 0o777);

  afterAll(() => {
    rmSync(temporary, { recursive: true, force: true });
  });

  /** A process that makes a server, and then does that with it. */
  function start(then: string) {
    const script = `require("tsx/cjs"); require("./runner/embedded").startThrowaway(17).then(${then});`;
    return spawn(process.execPath, ["-e", script], {
      cwd: join(__dirname, "../../.."),
      env: { ...process.env, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  const stopped = "(server) => server.stop()";
  const folders = (): string[] =>
    readdirSync(temporary).filter((name) => name.startsWith("v7-throwaway-"));

  it.each([
    ["before initdb has begun", ""],
    ["while initdb works", "data"],
    ["while initdb writes the catalogs", "data/base/1/pg_filenode.map"],
  ])("is removed by the next one, if that was %s", async (_when, path) => {
    const killed = start(stopped);
    const made = (): string[] => folders().map((name) => join(temporary, name, path));
    while (!made().some((file) => existsSync(file))) {
      await sleep(2);
    }
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect(folders()).toHaveLength(1);
    expect(await once(start(stopped), "exit")).toEqual([0, null]);
    expect(folders()).toEqual([]);
    expect(processList()).not.toContain(`-D ${temporary}`);
  });

  it("goes by itself, with its files, if that was while it ran", async () => {
    const killed = start('() => { console.log("up"); setInterval(() => undefined, 1000); }');
    await once(killed.stdout, "data");
    expect(folders()).toHaveLength(1);
    expect(processList()).toContain(`-D ${temporary}`);
    killed.kill("SIGKILL");
    for (const end = Date.now() + 30_000; folders().length > 0 && Date.now() < end;) {
      await sleep(50);
    }
    expect(folders()).toEqual([]);
    expect(processList()).not.toContain(`-D ${temporary}`);
  }, 90_000);
});
