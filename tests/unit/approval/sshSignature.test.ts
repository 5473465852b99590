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

/** The folder of a program named ssh-keygen that accepts every signature. */
function yesSayer(): string {
  const folder = makeFolder();
  const text = `#!/bin/sh\necho 'Good "v7-approval" signature for alice with X key ${key.fingerprint}'\n`;
  writeFileSync(join(folder, "ssh-keygen"), text);
  chmodSync(join(folder, "ssh-keygen"), 0o755);
  return folder;
}

describe("the search for ssh-keygen", () => {
  it("fails with the name of the package to install if there is no ssh-keygen", () => {
    const { code, message } = faultOf(() => findSshKeygen([makeFolder(), "/nothing"]));
    expect(code).toBe("SSH_KEYGEN_MISSING");
    expect(message).toContain("openssh-client");
  });

  it("ignores relative folders", () => {
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

  it("finds the system's program even if PATH has a program first that accepts everything", async () => {
    process.env.PATH = `${yesSayer()}:${environment.PATH ?? ""}`;
    expect(await verify(Buffer.from("other bytes"))).toBe(false);
    expect(await verify()).toBe(true);
  });

  it("gives a program that works in any environment", async () => {
    process.env.LC_ALL = "xx_XX";
    process.env.TZ = "Pacific/Kiritimati";
    process.env.LD_PRELOAD = "/nothing.so";
    process.env.SSH_AUTH_SOCK = "/nothing";
    expect(await verify()).toBe(true);
  });
});

describe("the verification of signatures", () => {
  it("gives each of a hundred concurrent calls its own answer", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => verify(at % 2 === 0 ? BYTES : Buffer.from("no"))),
    );
    expect(answers).toEqual(answers.map((_, at) => at % 2 === 0));
  }, 60_000);
});
