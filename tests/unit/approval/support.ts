import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  judgeApprovals,
  type JudgeArgs,
  type Judgement,
} from "../../../runner/approval/checkApprovals";
import type { Candidate } from "../../../runner/approval/files";
import { approvalBytes, newApproval } from "../../../runner/approval/record";
import type { Verdict } from "../../../runner/approval/verdict";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { NO_REVOCATIONS } from "../../../runner/history/revocations";
import type { Approval, Plan } from "../../../runner/model";

/** The database's clock in these tests: far from the runner's, so that a test fails if the wrong clock is read. */
export const NOW = new Date("2031-05-10T12:00:00Z");
export const DIGEST = "ab".repeat(32);
const HOUR_SECONDS = 3600;

export interface Key {
  /** The private key's file; the public key is in the file with `.pub` after its name. */
  readonly file: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  /** As ssh-keygen prints it. */
  readonly fingerprint: string;
}

/** A folder that `removeFolders` deletes. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "v7-approval-test-"));
  folders.push(folder);
  return folder;
}

/** Where alice's approvals of PLAN are judged: the folder with her key among the signers, and the plan's file. */
export function makePlace(key: Key): { readonly folder: string; readonly plan: string } {
  const place = { folder: makeFolder(), plan: join(makeFolder(), "plan.json") };
  writeFileSync(place.plan, canonicalJson(PLAN));
  writeFileSync(join(place.folder, "allowed_signers"), signerLine("alice", key));
  return place;
}

const folders: string[] = [];

export function removeFolders(): void {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A real key, made by the real ssh-keygen. */
export function makeKey(type: readonly string[] = ["ed25519"], passphrase = ""): Key {
  const file = join(makeFolder(), "key");
  run("ssh-keygen", ["-q", "-t", ...type, "-N", passphrase, "-C", "a comment", "-f", file]);
  const publicKey = readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const fingerprint = run("ssh-keygen", ["-l", "-f", `${file}.pub`]).split(" ")[1] ?? "";
  return { file, publicKey, fingerprint };
}

/** Signs with the real ssh-keygen, as anybody could by hand. */
export function sign(bytes: Uint8Array, key: Key, namespace = "v7-approval"): Buffer {
  const file = join(makeFolder(), "signed");
  writeFileSync(file, bytes);
  run("ssh-keygen", ["-q", "-Y", "sign", "-n", namespace, "-f", key.file, file]);
  return readFileSync(`${file}.sig`);
}

export function signerLine(
  principal: string,
  key: Key,
  options = 'namespaces="v7-approval"',
): string {
  return `${principal} ${options === "" ? "" : `${options} `}${key.publicKey} a comment\n`;
}

/** An approval of `DIGEST`, issued an hour before `NOW` and good for a day, with these fields changed. */
export function makeApproval(changes: Partial<Approval> = {}): Approval {
  const issued = new Date(NOW.getTime() - HOUR_SECONDS * 1000);
  return {
    ...newApproval(
      { plan: DIGEST, action: "apply", decision: "approved", approver: "alice", notes: "" },
      issued,
      24 * HOUR_SECONDS,
    ),
    ...changes,
  };
}

/** The approval's files as they are in the folder, signed by `key`. */
export function makeCandidate(
  key: Key,
  changes: Partial<Approval> = {},
  name = "one",
): Extract<Candidate, { json: Buffer }> {
  const json = approvalBytes(makeApproval(changes));
  return { name, json, signature: sign(json, key) };
}

/** Judges by these signers at `NOW`, one approval needed, with these arguments changed. */
export async function judge(
  candidates: readonly Candidate[],
  allowedSigners: string,
  changes: Partial<JudgeArgs> = {},
): Promise<Judgement> {
  return await judgeApprovals({
    planDigest: DIGEST,
    action: "apply",
    candidates,
    allowedSigners,
    requiredApprovals: 1,
    now: NOW,
    usedNonces: new Set(),
    revoked: NO_REVOCATIONS,
    ...changes,
  });
}

/** The code and the message of what this throws; an Error of its own where it throws nothing. */
export function faultOf(run: () => unknown): { readonly code?: string; readonly message: string } {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  return new Error("nothing was thrown");
}

/** The first candidate's verdict. */
export function firstVerdict(judgement: Judgement): Verdict {
  const [verdict] = judgement.verdicts;
  if (verdict === undefined) {
    throw new Error("no candidate was judged");
  }
  return verdict;
}

/** Each part after its length, as SSH writes them (RFC 4251, section 5). */
export function wire(...parts: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

export const PLAN: Plan = {
  kind: "v7-plan",
  version: 1,
  action: "apply",
  project: "v7",
  stack: "prod",
  target: {
    host: "db.example.com",
    port: 5432,
    database: "postgres",
    systemIdentifier: "7312345",
    databaseOid: "16384",
  },
  steps: [
    { directive: "ad_005", id: "section_1", kind: "section", sha256: "11".repeat(32) },
    { directive: "ad_005", id: "phase_number_unique", kind: "amendment", sha256: "22".repeat(32) },
  ],
  access: "33".repeat(32),
  manifests: "55".repeat(32),
  base: { historyHead: null, fingerprint: "44".repeat(32) },
};

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
