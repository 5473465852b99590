import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findSshKeygen, verifySignature } from "../../../runner/approval/sshKeygen";
import { faultOf, makeFolder, makeKey, removeFolders, sign } from "./support";

const BYTES = Buffer.from("bytes");
const environment = { ...process.env };
const key = makeKey();
const signature = sign(BYTES, key);

afterEach(() => {
  process.env = { ...environment };
});
afterAll(removeFolders);

const verify = (bytes: Uint8Array = BYTES): Promise<boolean> =>
  verifySignature(bytes, signature, { principal: "alice", ...key });

/** A program of that name that says yes to everything. */
function yesSayer(): string {
  const folder = makeFolder();
  const text = `#!/bin/sh\necho 'Good "v7-approval" signature for alice with X key ${key.fingerprint}'\n`;
  writeFileSync(join(folder, "ssh-keygen"), text);
  chmodSync(join(folder, "ssh-keygen"), 0o755);
  return folder;
}

describe("ssh-keygen", () => {
  it("is a clear fault where it is nowhere, naming what to install", () => {
    const { code, message } = faultOf(() => findSshKeygen([makeFolder(), "/nothing"]));
    expect(code).toBe("SSH_KEYGEN_MISSING");
    expect(message).toContain("openssh-client");
  });

  it("is not looked for in folders relative to the present one", () => {
    const folder = yesSayer();
    const here = process.cwd();
    process.chdir(folder);
    try {
      expect(() => findSshKeygen([".", "", "./"])).toThrow("SSH_KEYGEN_MISSING");
      expect(findSshKeygen([folder])).toBe(join(folder, "ssh-keygen"));
    } finally {
      process.chdir(here);
    }
  });

  it("is the system's own, though PATH names a yes-sayer first", async () => {
    process.env.PATH = `${yesSayer()}:${environment.PATH ?? ""}`;
    expect(await verify(Buffer.from("other bytes"))).toBe(false);
    expect(await verify()).toBe(true);
  });

  it("is not led astray by the environment", async () => {
    process.env.LC_ALL = "xx_XX";
    process.env.TZ = "Pacific/Kiritimati";
    process.env.LD_PRELOAD = "/nothing.so";
    process.env.SSH_AUTH_SOCK = "/nothing";
    expect(await verify()).toBe(true);
  });
});

describe("verifying", () => {
  it("of a hundred at once gives each its own answer", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => verify(at % 2 === 0 ? BYTES : Buffer.from("no"))),
    );
    expect(answers).toEqual(answers.map((_, at) => at % 2 === 0));
  }, 60_000);
});
