import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  clusterStatus,
  createCluster,
  placeOf,
  startCluster,
  stopCluster,
} from "../../../runner/embedded";
import { canUse, serverAccount } from "../../../runner/embedded/system/account";
import { bundleEmbedded, checkoutOfTests, count, processList } from "./checkout";

jest.setTimeout(120_000);

const IS_ROOT = process.getuid?.() === 0;

/** A plain user: this process's own, or `nobody` if this is root. */
const USER = IS_ROOT ? idsOf("nobody") : idsOf("");

describe("the account that runs a server", () => {
  const checkout = checkoutOfTests({ copies: true });

  it("is not root, and owns the data", async () => {
    const place = placeOf("ours", checkout);
    await createCluster(place, 17);
    const { pid, dataDirectory } = await clusterStatus(place);
    const { uid } = statSync(String(dataDirectory));
    expect(uid).toBe(serverAccount().uid);
    expect(uid).not.toBe(0);
    const shown = execFileSync("ps", ["-o", "uid=", "-p", String(pid)], { encoding: "utf8" });
    expect(Number(shown)).toBe(uid);
  });

  it("is the user's own when a user without root's rights starts the server", async () => {
    const home = dirname(checkout);
    const script = join(home, "embedded.cjs");
    bundleEmbedded(script);
    // A checkout of the user's own, next to the other one and with the same programs.
    const own = join(home, "own");
    execFileSync("cp", ["-R", "-P", checkout, own]);
    execFileSync("rm", ["-rf", join(own, ".v7")]);
    execFileSync("chown", ["-R", `${USER.uid}:${USER.gid}`, own]);
    const printed = runAsUser(
      home,
      `const e = require(${JSON.stringify(script)});
       const place = e.placeOf("dev", ${JSON.stringify(own)});
       (async () => {
         const access = await e.createCluster(place, 17);
         await e.stopCluster(place);
         const port = await e.startCluster(place);
         const { state } = await e.clusterStatus(place);
         const version = await e.readServerVersion(port, access.superuserPassword);
         console.log(JSON.stringify({ ...access, state, same: port === access.port, version }));
       })();`,
    );
    const access = JSON.parse(printed) as { port: number; password: string };
    expect(access).toMatchObject({ state: "up", same: true, version: "17.10" });
    const place = placeOf("dev", own);
    expect(statSync(place.dataAtHome).uid).toBe(USER.uid);

    // If this is root, it continues with the user's data as the user.
    await stopCluster(place);
    await startCluster(place);
    expect(statSync(place.dataAtHome).uid).toBe(USER.uid);
    expect(await count(access, "file_audit")).toBe(6);
    const stopped = runAsUser(
      home,
      `const e = require(${JSON.stringify(script)});
       e.stopCluster(e.placeOf("dev", ${JSON.stringify(own)})).then((was) => console.log(was));`,
    );
    expect(stopped.trim()).toBe("true");
    expect(processList()).not.toContain(own);
  });

  it("can use a folder only if the kernel lets it in", () => {
    const parent = dirname(checkout);
    expect(canUse(serverAccount(), checkout, "/bin/true")).toBe(true);
    chmodSync(parent, 0o700);
    expect(canUse(serverAccount(), checkout, "/bin/true")).toBe(!IS_ROOT);
    chmodSync(parent, 0o755);
  });
});

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, ...(name === "" ? [] : [name])], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Runs the script in a node of the plain user's; that user may have to get a copy of node. */
function runAsUser(folder: string, script: string): string {
  let node = process.execPath;
  if (IS_ROOT && !canUse(USER, "/", node)) {
    node = join(folder, "node");
    copyFileSync(process.execPath, node);
    chmodSync(node, 0o755);
    chownSync(node, USER.uid, USER.gid);
  }
  const ids = IS_ROOT ? USER : {};
  const { stdout, stderr } = spawnSync(node, ["-e", script], {
    ...ids,
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  return stdout;
}
