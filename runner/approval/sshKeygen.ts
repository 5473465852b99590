import { spawn, type StdioOptions } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { fault } from "../base/fault";
import { quoteUntrusted, reasonOf } from "../base/untrustedText";
import type { AllowedSigner } from "./allowedSigners";
import { readOnce, SMALL_FILE_BYTES } from "./files";
import { allowedSignersLine } from "./publicKeys";
import { NAMESPACE, readSignature, type SignatureClaims } from "./signature";

const VERIFY_TIMEOUT_MILLISECONDS = 10_000;
/** Long enough for a person to type a passphrase or to fetch the hardware key. */
const SIGN_TIMEOUT_MILLISECONDS = 120_000;

/** Searched before PATH, so that whoever sets PATH cannot replace the system's ssh-keygen by one that accepts everything. */
const PLACES = [
  "/usr/bin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  "C:\\Windows\\System32\\OpenSSH",
];

/** The environment variables that a key agent, a passphrase prompt or a hardware key needs for signing. */
const SIGNING_VARIABLES = [
  "HOME",
  "SSH_AUTH_SOCK",
  "SSH_ASKPASS",
  "SSH_ASKPASS_REQUIRE",
  "SSH_SK_PROVIDER",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "TERM",
  "USERPROFILE",
];

/**
 * The path of ssh-keygen.
 *
 * @throws SSH_KEYGEN_MISSING where it is neither in the usual places nor on PATH
 */
export function findSshKeygen(
  places: readonly string[] = [...PLACES, ...(process.env.PATH ?? "").split(delimiter)],
): string {
  const name = process.platform === "win32" ? "ssh-keygen.exe" : "ssh-keygen";
  for (const file of places.filter(isAbsolute).map((place) => join(place, name))) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this place; the loop tries the next one.
    }
  }
  throw fault("SSH_KEYGEN_MISSING", {
    what: "looking for ssh-keygen",
    found: "no ssh-keygen in the usual places or on PATH",
    expected: "OpenSSH 8.2 or newer, which signs and verifies approvals",
    remedy: "Install OpenSSH's client (Debian: openssh-client)",
  });
}

/**
 * Whether ssh-keygen verifies this as a signature by this signer's key over exactly these bytes, in our namespace. It reads
 * copies in a private folder, which nobody can replace. Call `readSignature` on `armored` before.
 */
export async function verifySignature(
  bytes: Uint8Array,
  armored: Uint8Array,
  signer: AllowedSigner,
): Promise<boolean> {
  return await withPrivateFolder(async (folder) => {
    const signers = join(folder, "allowed_signers");
    const signature = join(folder, "signature");
    await writeFile(signers, `${allowedSignersLine(signer)}\n`, { mode: 0o600, flag: "wx" });
    await writeFile(signature, armored, { mode: 0o600, flag: "wx" });
    const { code, output } = await run(
      ["-Y", "verify", "-f", signers, "-I", signer.principal, "-n", NAMESPACE, "-s", signature],
      { stdio: ["pipe", "pipe", "ignore"], input: bytes, timeout: VERIFY_TIMEOUT_MILLISECONDS },
    );
    // A program that is not ssh-keygen may exit with 0, too, so its output is checked.
    return (
      code === 0 &&
      output.startsWith(`Good "${NAMESPACE}" signature for ${signer.principal} with `) &&
      output.endsWith(` key ${signer.fingerprint}\n`)
    );
  });
}

/**
 * Signs these bytes with that key. ssh-keygen uses the terminal: it may ask for a passphrase or for a touch. A `.pub`
 * file names a key that an agent has.
 *
 * @throws SIGNING_FAILED where ssh-keygen does not sign within two minutes
 */
export async function signBytes(bytes: Uint8Array, keyFile: string): Promise<Buffer> {
  return await withPrivateFolder(async (folder) => {
    const file = join(folder, "approval.json");
    await writeFile(file, bytes, { mode: 0o600, flag: "wx" });
    const { code } = await run(
      ["-q", "-Y", "sign", "-n", NAMESPACE, "-f", resolve(keyFile), file],
      {
        // Its standard output would mix with ours, which a program may read.
        stdio: ["inherit", "ignore", "inherit"],
        timeout: SIGN_TIMEOUT_MILLISECONDS,
        variables: SIGNING_VARIABLES,
      },
    );
    if (code !== 0) {
      throw fault("SIGNING_FAILED", {
        what: `signing with the key ${quoteUntrusted(keyFile)}`,
        found: code === null ? "no answer within 120 s" : `ssh-keygen's exit code ${code}`,
        remedy:
          "Name a private key, or a .pub file whose private key your agent holds; ssh-keygen's own message is above",
      });
    }
    return readOnce(`${file}.sig`, SMALL_FILE_BYTES);
  });
}

/**
 * Refuses a new signature that a run would refuse: from a weak key, a hardware key that was not touched, a broken agent.
 *
 * @throws SIGNING_FAILED
 */
export async function checkOwnSignature(
  bytes: Uint8Array,
  signature: Uint8Array,
  principal: string,
): Promise<SignatureClaims> {
  let found = "one that does not hold for the bytes";
  try {
    const claims = readSignature(signature);
    if (await verifySignature(bytes, signature, { principal, ...claims })) {
      return claims;
    }
  } catch (error) {
    found = `one that would be refused: ${reasonOf(error)}`;
  }
  throw fault("SIGNING_FAILED", {
    what: "verifying the new signature",
    found,
    remedy: "Nothing was written; sign with another key",
  });
}

interface RunOptions {
  readonly stdio: StdioOptions;
  readonly timeout: number;
  readonly input?: Uint8Array;
  readonly variables?: readonly string[];
}

async function run(
  args: readonly string[],
  options: RunOptions,
): Promise<{ code: number | null; output: string }> {
  const program = findSshKeygen();
  const passed = (options.variables ?? []).flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return await new Promise((fulfil, reject) => {
    const child = spawn(program, args, {
      shell: false,
      // English messages and UTC, whatever this process's environment says.
      env: { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin", ...Object.fromEntries(passed) },
      stdio: options.stdio,
      timeout: options.timeout,
      killSignal: "SIGKILL",
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      fulfil({ code, output });
    });
    // If the child ends without reading its input, its exit code decides, not the broken pipe.
    child.stdin?.on("error", () => undefined).end(options.input);
  });
}

async function withPrivateFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  // Only this user can enter a folder from mkdtemp.
  const folder = await mkdtemp(join(tmpdir(), "v7-approval-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
