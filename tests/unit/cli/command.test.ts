import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { v7 } from "../../support/v7";
import { makeFolder, makeKey, removeFolders } from "../approval/support";

const FOLDER = join(__dirname, "..", "..", "..", "cli");
jest.setTimeout(120_000);

describe("v7", () => {
  it("shows its verbs, each of which has its own file, and its exit codes", () => {
    const { status, stdout } = v7(["--help"]);
    const [commands = ""] = stdout.split("\nExit codes:");
    const shown = [...commands.matchAll(/^ {2}([a-z]+) .*$/gm)].map(([, verb]) => verb ?? "");
    const verbs = shown.filter((verb) => verb !== "help");
    const isVerb = (verb: string): boolean => {
      const file = join(FOLDER, `${verb}.ts`);
      return existsSync(file) && readFileSync(file, "utf8").includes(`.command("${verb}`);
    };
    expect(status).toBe(0);
    expect(verbs.filter((verb) => !isVerb(verb))).toEqual([]);
    expect(verbs.length).toBeGreaterThanOrEqual(6);
    expect(stdout).toContain(
      "0 success, 1 a fault that the message names, 2 drift (v7 drift only), 3 the answer is no",
    );
  });

  it("fails on a misspelt verb, and suggests the nearest one", () => {
    const { status, stderr } = v7(["statsu"]);
    expect(status).toBe(1);
    expect(stderr).toBe("error: unknown command 'statsu'\n(Did you mean status?)\n");
  });
});

describe("a mistake on the command line", () => {
  it("is reported without a stack trace if a file cannot be written", () => {
    const folder = makeFolder();
    const keys = join(folder, "keys");
    writeFileSync(keys, makeKey().publicKey);
    // A file, not a folder.
    const out = join(keys, "signers");
    const { status, stderr } = v7(["trust", "keys", keys, "--name", "alice", "--out", out]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^FILE_REFUSED: making the folder ".*": found a file where the path needs a folder\. Name another path.*\n$/,
      ),
    ]);
    removeFolders();
  });

  it("is refused if --stack has an empty name", () => {
    const { status, stderr } = v7(["repair", "--stack", ""]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("A stack's name.")]);
  });
});

describe("v7 verifier", () => {
  it("prints a new verifier of the password each time, and not the password", () => {
    const first = v7(["verifier"], { input: "correct horse\n" });
    const second = v7(["verifier"], { input: "correct horse" });
    expect([first.status, first.stderr, second.status]).toEqual([0, "", 0]);
    expect(first.stdout).toMatch(/^SCRAM-SHA-256\$4096:[\w+/]{22}==\$[\w+/]{43}=:[\w+/]{43}=\n$/);
    expect(second.stdout).not.toBe(first.stdout);
    expect(first.stdout).not.toContain("horse");
  });

  it.each([
    ["nothing", "", "nothing on standard input"],
    ["an empty line", "\n", "nothing on standard input"],
    ["a password that needs SASLprep", "pässword\n", "characters that are not printable ASCII"],
  ])("refuses %s without a stack trace", (_what, input, found) => {
    expect(v7(["verifier"], { input })).toEqual({
      status: 1,
      stdout: "",
      stderr:
        `COMMAND_INVALID: reading a password: found ${found}. ` +
        'Pipe the password in: printf %s "$PASSWORD" | npx v7 verifier.\n',
    });
  });
});
