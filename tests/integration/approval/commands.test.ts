import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { approve } from "../../../cli/approve";
import { signingBlock } from "../../../runner/approval/signingBlock";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { planDigest } from "../../../runner/plan/plan";
import { machineWithOpenSshOnly } from "../../support/openSshOnly";
import {
  makeFolder,
  makeKey,
  makePlace,
  PLAN,
  removeFolders,
  signerLine,
} from "../../unit/approval/support";

const DIGEST = planDigest(PLAN);
const NAME = `${DIGEST.slice(0, 16)}-alice`;
const V7 = join(__dirname, "..", "..", "..", "cli", "v7.cjs");

// Each command is a process of its own.
jest.setTimeout(60_000);

const key = makeKey();
let folder: string;
let plan: string;

beforeEach(() => {
  ({ folder, plan } = makePlace(key));
});
afterAll(removeFolders);

function v7(args: readonly string[], environment: NodeJS.ProcessEnv = {}, input = "") {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [V7, ...args],
    // No terminal: ssh-keygen must not wait for a passphrase in whoever's terminal runs the tests.
    {
      encoding: "utf8",
      input,
      env: { ...process.env, SSH_ASKPASS_REQUIRE: "never", ...environment },
    },
  );
  return { status, stdout, stderr };
}
const approveArgs = (...more: readonly string[]): readonly string[] => [
  ...["approve", "--plan", plan, "--key", key.file, "--signer", "alice", "--out", folder],
  ...more,
];
const approvals = (...more: readonly string[]) => v7(["approvals", "--folder", folder, ...more]);

describe("v7 approvals add", () => {
  it("accepts a signed text from standard input or a file, and refuses a wrong one in one message", () => {
    const approved = { plan: DIGEST, action: "apply", decision: "approved" } as const;
    const { make, sign } = signingBlock(approved);
    const text = machineWithOpenSshOnly()(`name=alice key=${key.file}`, make, sign);
    const file = join(makeFolder(), "approval.txt");
    writeFileSync(file, text);
    const add = ["approvals", "add", "--folder", folder, "--plan", plan];
    for (const added of [v7(add, {}, text), v7([...add, file])]) {
      expect(added).toMatchObject({ status: 0, stderr: "" });
      expect(added.stdout).toContain(`wrote ${join(folder, NAME)}.json and `);
    }
    expect(approvals("--plan", plan).stdout).toContain(`"${NAME}": valid`);
    for (const refused of [v7(add, {}, text.replaceAll("alice", "bobby")), v7([...add, plan])]) {
      expect(refused).toMatchObject({ status: 1, stdout: "" });
      expect(refused.stderr).toMatch(
        /^APPROVAL_(UNTRUSTED|FILE_INVALID): adding an approval .*\n$/,
      );
    }
  });
});

describe("v7 approve", () => {
  it("signs the plan that --digest names, and refuses another", () => {
    const other = v7(approveArgs("--yes", "--digest", "0".repeat(64)));
    expect(other.status).toBe(1);
    expect(other.stderr).toContain(
      `COMMAND_INVALID: comparing the plan in "${plan}" with --digest: found the plan ${DIGEST}`,
    );
    expect(readdirSync(folder)).toEqual(["allowed_signers"]);
    expect(v7(approveArgs("--yes", "--digest", DIGEST)).status).toBe(0);
  });

  it("says where the plan's packet is and what it says, and warns of another plan's packet", () => {
    const page = plan.replace(/json$/, "html");
    const write = (digest: string): void => {
      const description =
        '<meta name="description" content="Not rehearsed. It&#39;s \u001b[2Jnew." />';
      writeFileSync(page, `${description}<footer><p>Plan ${digest}</p></footer>`);
    };
    expect(v7(approveArgs("--yes")).stdout).not.toMatch(/packet/);
    write(DIGEST);
    expect(v7(approveArgs("--yes")).stdout).toContain(
      `packet    ${page}\n          it says: Not rehearsed. It's [U+001B][2Jnew.\n`,
    );
    write("0".repeat(64));
    expect(v7(approveArgs("--yes")).stdout).toContain(
      `warning: ${page} is the packet of another plan`,
    );
  });

  it("shows the plan, signs it, and writes an approval that v7 approvals finds valid", () => {
    const signed = v7(approveArgs("--yes", "--notes", "Reviewed"));
    expect(signed).toMatchObject({ status: 0, stderr: "" });
    for (const shown of [DIGEST, "stack     prod", "decision  APPROVED", "notes     Reviewed"]) {
      expect(signed.stdout).toContain(shown);
    }
    expect(signed.stdout).not.toContain("warning");
    expect(readdirSync(folder).sort()).toEqual(
      [`${NAME}.json`, `${NAME}.json.sig`, "allowed_signers"].sort(),
    );
    expect(signed.stdout).toContain(readFileSync(join(folder, `${NAME}.json`), "utf8"));

    const listed = approvals("--plan", plan);
    expect(listed.status).toBe(0);
    expect(listed.stdout).toContain(`"${NAME}": valid: approved by alice with ${key.fingerprint}`);
    const json = JSON.parse(approvals("--plan", plan, "--json").stdout) as unknown;
    expect(json).toMatchObject({ plan: DIGEST, satisfied: true, refusal: null, counted: [NAME] });
  });

  it("writes a signature that ssh-keygen alone can verify", () => {
    expect(v7(approveArgs("--yes")).status).toBe(0);
    const file = join(folder, `${NAME}.json`);
    const output = execFileSync(
      "ssh-keygen",
      [
        "-Y",
        "verify",
        "-f",
        join(folder, "allowed_signers"),
        "-I",
        "alice",
        "-n",
        "v7-approval",
      ].concat(["-s", `${file}.sig`]),
      { input: readFileSync(file), encoding: "utf8" },
    );
    expect(output).toContain('Good "v7-approval" signature for alice');
  });

  it("signs a rejection, which blocks a later approval until its nonce is revoked", () => {
    const rejected = v7(approveArgs("--yes", "--reject")).stdout;
    expect(rejected).toContain("rejected and signed");
    expect(rejected).toContain(`npx v7 revoke --stack prod --plan ${DIGEST}`);
    expect(v7(approveArgs("--yes")).status).toBe(0);
    const blocked = approvals("--plan", plan);
    expect(blocked.status).toBe(3);
    expect(blocked.stdout).toContain("APPROVAL_REJECTED");
    const { nonce } = JSON.parse(readFileSync(join(folder, `rejected-${NAME}.json`), "utf8")) as {
      nonce: string;
    };
    writeFileSync(join(folder, "revoked"), `${nonce}\n`);
    expect(approvals("--plan", plan).status).toBe(0);
  });

  it("signs nothing without a terminal and without --yes", () => {
    const refused = v7(approveArgs());
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("COMMAND_INVALID");
    expect(readdirSync(folder)).toEqual(["allowed_signers"]);
  });

  it.each([
    ["a key that is not there", ["--key", "/nothing"], "SIGNING_FAILED"],
    ["a lifetime of 31 days", ["--expires", "31d"], "COMMAND_INVALID"],
    ["a lifetime of nothing", ["--expires", "0m"], "COMMAND_INVALID"],
    ["a lifetime without its unit", ["--expires", "24"], "COMMAND_INVALID"],
    ["a signer who is a pattern", ["--signer", "*"], "COMMAND_INVALID"],
    ["a signer who is a path", ["--signer", "../../alice"], "COMMAND_INVALID"],
    ["notes of two lines", ["--notes", "a\nb"], "COMMAND_INVALID"],
    ["a folder that is a file", ["--out", "/dev/null"], "APPROVAL_FILE_INVALID"],
    ["a plan that is not there", ["--plan", "/nothing"], "PLAN_FILE_INVALID"],
  ])("writes nothing and says why, given %s", (_, more, code) => {
    const refused = v7(approveArgs("--yes", ...more));
    expect([refused.status, refused.stderr.includes(code)]).toEqual([1, true]);
    expect(readdirSync(folder)).toEqual(["allowed_signers"]);
  });

  it("refuses to sign with an RSA key of 1024 bits", () => {
    const weak = makeKey(["rsa", "-b", "1024"]);
    const refused = v7(approveArgs("--yes", "--key", weak.file));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("fewer than 2048 bits");
    expect(readdirSync(folder)).toEqual(["allowed_signers"]);
  });

  it("does not write through a symbolic link that has the approval's name", () => {
    const victim = join(makeFolder(), "victim");
    symlinkSync(victim, join(folder, `${NAME}.json`));
    symlinkSync(victim, join(folder, `${NAME}.json.sig`));
    expect(v7(approveArgs("--yes")).status).toBe(0);
    expect(existsSync(victim)).toBe(false);
    expect(lstatSync(join(folder, `${NAME}.json`)).isFile()).toBe(true);
  });

  it("warns when the allowed signers do not name the key", () => {
    writeFileSync(join(folder, "allowed_signers"), signerLine("alice", makeKey()));
    const signed = v7(approveArgs("--yes"));
    expect(signed.status).toBe(0);
    expect(signed.stdout).toContain("does not name this key as alice's");
    expect(approvals("--plan", plan).status).toBe(3);
  });

  it("signs with a key that ssh-agent holds, named by its .pub file", async () => {
    const socket = join(makeFolder(), "agent");
    const held = makeKey();
    const agent: ChildProcess = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      const started = Date.now();
      while (!existsSync(socket) && Date.now() - started < 5000) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const environment = { SSH_AUTH_SOCK: socket };
      execFileSync("ssh-add", ["-q", held.file], { env: { ...process.env, ...environment } });
      execFileSync("rm", [held.file]);
      const signed = v7(approveArgs("--yes", "--key", `${held.file}.pub`), environment);
      expect(signed.stdout).toContain(`approved and signed with ${held.fingerprint}`);
      expect(signed.status).toBe(0);
    } finally {
      agent.kill();
    }
  });

  it("fails instead of waiting when a key has a passphrase and nobody can be asked", () => {
    const locked = makeKey(["ed25519"], "a passphrase");
    const refused = v7(approveArgs("--yes", "--key", locked.file));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain("SIGNING_FAILED");
  });
});

describe("the private copies for ssh-keygen", () => {
  it.each([
    ["signing", () => approveArgs("--yes")],
    ["verifying", () => ["approvals", "--folder", folder, "--plan", plan]],
  ])("are readable only by their owner while %s, and are removed at the end", async (_, args) => {
    expect(v7(approveArgs("--yes")).status).toBe(0);
    const temporary = makeFolder();
    const command = spawn(process.execPath, [V7, ...args()], {
      stdio: "ignore",
      env: { ...process.env, TMPDIR: temporary },
    });
    const ended = new Promise<number | null>((resolve) => command.on("close", resolve));
    const modes = new Set<string>();
    while (command.exitCode === null) {
      // ssh-keygen's own new signature is as public as the one in the repository.
      for (const name of copiesIn(temporary).filter((one) => !one.endsWith(".sig"))) {
        const stat = lstatSync(join(temporary, name), { throwIfNoEntry: false });
        if (stat !== undefined) {
          modes.add((stat.mode & 0o7777).toString(8));
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await ended).toBe(0);
    expect([...modes].sort()).toEqual(["600", "700"]);
    expect(copiesIn(temporary)).toEqual([]);
  });
});

/** The files for ssh-keygen below the temporary folder. */
function copiesIn(temporary: string): readonly string[] {
  try {
    return (readdirSync(temporary, { recursive: true }) as string[]).filter((name) =>
      name.startsWith("v7-approval-"),
    );
  } catch {
    // A folder went away while it was read.
    return [];
  }
}

describe("v7 approve in a terminal", () => {
  const ask = async (answer: string | null): Promise<string> => {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = new PassThrough();
    input.end(answer ?? "");
    const options = {
      plan,
      key: key.file,
      signer: "alice",
      expires: "24h",
      notes: "",
      out: folder,
    };
    await approve(options, { input, output });
    return (output.read() as Buffer).toString();
  };

  it("signs once the signer has typed yes", async () => {
    const shown = await ask("yes\n");
    expect(shown).toContain("Sign that the plan above is APPROVED by alice? Type yes: ");
    expect(readdirSync(folder)).toContain(`${NAME}.json.sig`);
  });

  it("leaves the terminal to ssh-keygen, which asks for the passphrase", async () => {
    const locked = makeKey(["ed25519"], "a passphrase");
    const words = [process.execPath, V7];
    const command = [...words, ...approveArgs("--key", locked.file)];
    const quoted = command.map((word) => `'${word}'`).join(" ");
    const terminal = spawn("script", ["-qec", quoted, "/dev/null"], {
      // Where both read the terminal, neither gets the passphrase: then this ends it.
      timeout: 30_000,
      env: { ...process.env, SSH_ASKPASS_REQUIRE: "never" },
    });
    const answers = [
      ["Type yes: ", "yes\n"],
      ["Enter passphrase", "a passphrase\n"],
    ] as const;
    let shown = "";
    let asked = 0;
    terminal.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
      const [question, answer] = answers[asked] ?? [];
      if (question !== undefined && shown.includes(question)) {
        asked += 1;
        terminal.stdin.write(answer);
      }
    });
    const status = await new Promise((resolve) => terminal.on("close", resolve));
    expect([asked, status]).toEqual([2, 0]);
    expect(shown).toContain(`approved and signed with ${locked.fingerprint}`);
  });

  it.each([["no\n"], ["y\n"], ["\n"], ["YES!\n"], [null]])(
    "signs nothing after the answer %j",
    async (answer) => {
      await expect(ask(answer)).rejects.toMatchObject({ code: "COMMAND_INVALID" });
      expect(readdirSync(folder)).toEqual(["allowed_signers"]);
    },
  );
});

describe("v7 approvals", () => {
  it("explains each approval, and ends with 3 when none is valid", () => {
    writeFileSync(join(folder, "broken.json"), "{}");
    const listed = approvals();
    expect(listed.status).toBe(3);
    expect(listed.stdout).toContain('"broken": malformed: the .json.sig file: no such file');
  });

  it("says that an approval is another plan's, and finds it valid when no plan is given", () => {
    expect(v7(approveArgs("--yes")).status).toBe(0);
    writeFileSync(plan, canonicalJson({ ...PLAN, stack: "other" }));
    const listed = approvals("--plan", plan);
    expect(listed.status).toBe(3);
    expect(listed.stdout).toContain("APPROVAL_WRONG_PLAN");
    expect(approvals()).toMatchObject({ status: 0 });
  });

  it("ends with 3 when two must approve and only one has", () => {
    expect(v7(approveArgs("--yes")).status).toBe(0);
    const listed = approvals("--plan", plan, "--required", "2");
    expect(listed.status).toBe(3);
    expect(listed.stdout).toContain("1 of 2 needed");
  });

  it("ends with 1 when the signers, the revocation list or an option is wrong", () => {
    expect(approvals("--plan", plan, "--required", "none")).toMatchObject({ status: 1 });
    writeFileSync(join(folder, "revoked"), "everything\n");
    expect(approvals().stderr).toContain("APPROVAL_FILE_INVALID");
    rmSync(join(folder, "revoked"));
    writeFileSync(join(folder, "allowed_signers"), "* ssh-ed25519 AAAA\n");
    expect(approvals().stderr).toContain("SIGNERS_INVALID");
  });

  it("says in its help what each exit code means", () => {
    expect(v7(["approvals", "--help"]).stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}3 /);
    expect(v7(["approve", "--help"]).stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 /);
  });
});
