import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processList } from "./checkout";

describe("a rehearsal's server", () => {
  // A separate folder for temporary files, because other tests make such servers at the same time.
  const temporary = mkdtempSync(join(tmpdir(), "v7-killed-"));
  chmodSync(temporary, 0o777);

  afterAll(() => {
    rmSync(temporary, { recursive: true, force: true });
  });

  /** A process that makes a server, and then does that with it. */
  const start = (then: string) => run(`startThrowaway(17).then(${then})`);
  const stopAll = () => run(`stopAll(${JSON.stringify(temporary)})`);

  function run(script: string) {
    return spawn(
      process.execPath,
      ["-e", `require("tsx/cjs"); require("./runner/embedded").${script};`],
      {
        cwd: join(__dirname, "../../.."),
        env: { ...process.env, TMPDIR: temporary },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
  }

  const stopped = "(server) => server.stop()";
  const folders = (): string[] =>
    readdirSync(temporary).filter((name) => name.startsWith("v7-throwaway-"));

  it.each([
    ["before initdb has begun", ""],
    ["while initdb works", "data"],
    ["while initdb writes the catalogs", "data/base/1/pg_filenode.map"],
  ])("is removed by the next one if its process is killed %s", async (_when, path) => {
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

  const running = '() => { console.log("up"); setInterval(() => undefined, 1000); }';
  const gone = (): void => {
    expect(folders()).toEqual([]);
    expect(processList()).not.toContain(`-D ${temporary}`);
  };

  /** Kills the keeper of the one server, which then has nobody to end it. */
  function killKeeper(): void {
    const [folder = ""] = folders();
    const processes = execFileSync("ps", ["-eww", "-o", "pid=,args="], { encoding: "utf8" });
    const keeper = processes
      .split("\n")
      .find((line) => line.includes(`v7-keeper ${join(temporary, folder)} `));
    process.kill(Number.parseInt(keeper ?? "", 10), "SIGKILL");
    expect(processList()).toContain(`-D ${temporary}`);
  }

  it("is ended by the next one or by npm stop if both its process and its keeper are killed", async () => {
    for (const next of [() => start(stopped), stopAll]) {
      const killed = start(running);
      await once(killed.stdout, "data");
      killKeeper();
      killed.kill("SIGKILL");
      await once(killed, "exit");
      expect(await once(next(), "exit")).toEqual([0, null]);
      gone();
    }
  }, 90_000);

  it("is ended by its own process if only its keeper is killed", async () => {
    const own = start(
      '(server) => { console.log("up"); process.stdin.once("data", () => void server.stop()); }',
    );
    await once(own.stdout, "data");
    killKeeper();
    own.stdin.end("stop");
    expect(await once(own, "exit")).toEqual([0, null]);
    gone();
  }, 90_000);

  it("ends by itself and removes its files if its process is killed while it runs", async () => {
    const killed = start(running);
    await once(killed.stdout, "data");
    expect(folders()).toHaveLength(1);
    expect(processList()).toContain(`-D ${temporary}`);
    killed.kill("SIGKILL");
    for (const end = Date.now() + 30_000; folders().length > 0 && Date.now() < end;) {
      await sleep(50);
    }
    gone();
  }, 90_000);
});
