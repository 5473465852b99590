import { fault } from "../base/fault";
import { isPlainText, isSha256, need, quoteUntrusted, reasonOf } from "../base/untrustedText";
import type { Plan } from "../model";
import { planDigest } from "../plan/plan";
import { exactFields, parseCanonicalJson } from "./approvalJson";
import { readOnce } from "./files";
import { isPlanAction } from "./record";

const MAX_PLAN_BYTES = 262_144;
const MAX_WORD_CHARACTERS = 255;

// With `satisfies`, a new field of Plan does not compile until it is checked and shown here, so none is signed unseen.
const PLAN_KEYS = keysOf({
  kind: true,
  version: true,
  action: true,
  project: true,
  stack: true,
  target: true,
  steps: true,
  access: true,
  manifests: true,
  base: true,
} satisfies Record<keyof Plan, true>);
const TARGET_KEYS = keysOf({
  host: true,
  port: true,
  database: true,
  systemIdentifier: true,
  databaseOid: true,
} satisfies Record<keyof Plan["target"], true>);
const STEP_KEYS = keysOf({
  directive: true,
  id: true,
  kind: true,
  sha256: true,
} satisfies Record<keyof Plan["steps"][number], true>);
const BASE_KEYS = keysOf({
  historyHead: true,
  fingerprint: true,
} satisfies Record<keyof Plan["base"], true>);

/**
 * The plan in this file, which a person is shown and signs, and its digest, computed anew.
 *
 * @throws PLAN_FILE_INVALID where it is a link, no regular file, over 256 KiB, or not the canonical JSON of a plan
 */
export function readPlanFile(path: string): { readonly plan: Plan; readonly digest: string } {
  try {
    const plan = parsePlan(readOnce(path, MAX_PLAN_BYTES));
    return { plan, digest: planDigest(plan) };
  } catch (error) {
    throw fault("PLAN_FILE_INVALID", {
      what: `reading the plan ${quoteUntrusted(path)}`,
      found: reasonOf(error),
      expected: "the file that npx v7 plan writes, unchanged",
      remedy: "Make it anew with npx v7 plan --stack STACK --out FILE",
    });
  }
}

/**
 * Parses a plan and checks every field. One line end after the canonical JSON is allowed.
 *
 * @throws InvalidApprovalText with the first reason
 */
export function parsePlan(bytes: Buffer): Plan {
  const json = bytes.at(-1) === 0x0a ? bytes.subarray(0, -1) : bytes;
  const plan = exactFields(parseCanonicalJson(json), "the plan", PLAN_KEYS);
  need(plan.kind === "v7-plan" && plan.version === 1, 'kind or version is not "v7-plan" and 1');
  need(isPlanAction(plan.action), "action is not apply, rollback, repair, adopt, restore or trust");
  need(isWord(plan.project), "project is not a name");
  need(isWord(plan.stack), "stack is not a name");
  const target = exactFields(plan.target, "the target", TARGET_KEYS);
  need(isWord(target.host), "target.host is not a host");
  need(Number.isInteger(target.port) && Number(target.port) > 0, "target.port is not a port");
  need(isWord(target.database), "target.database is not a name");
  need(
    isWordOrNull(target.systemIdentifier),
    "target.systemIdentifier is not a number as text, or null",
  );
  need(isWord(target.databaseOid), "target.databaseOid is not a number as text");
  need(Array.isArray(plan.steps), "steps is not a list");
  for (const [index, value] of (plan.steps as unknown[]).entries()) {
    const at = `step ${index + 1}`;
    const step = exactFields(value, at, STEP_KEYS);
    need(
      isWord(step.directive) && isWord(step.id) && isWord(step.kind),
      `${at} is not made of plain words`,
    );
    need(isSha256(step.sha256), `the sha256 of ${at} is not 64 hexadecimal digits`);
  }
  need(isSha256(plan.access), "access is not 64 hexadecimal digits");
  need(isSha256(plan.manifests), "manifests is not 64 hexadecimal digits");
  const base = exactFields(plan.base, "the base", BASE_KEYS);
  need(isWordOrNull(base.historyHead), "base.historyHead is not a digest or null");
  need(isWord(base.fingerprint), "base.fingerprint is not a fingerprint");
  return plan as unknown as Plan;
}

/** The whole plan as lines for the signer: nothing left out, nothing shortened. */
export function describePlan(plan: Plan, digest: string): string {
  const { target, base } = plan;
  return [
    `plan      ${digest}`,
    `project   ${plan.project}`,
    `stack     ${plan.stack}`,
    `action    ${plan.action}`,
    `target    ${target.database} on ${target.host}:${target.port}`,
    `system    ${target.systemIdentifier ?? "not known: the address alone says which server it is"}`,
    `database  number ${target.databaseOid} of that system`,
    `access    ${plan.access}`,
    `manifests ${plan.manifests}`,
    `base      history ${base.historyHead ?? "none"}`,
    `          fingerprint ${base.fingerprint}`,
    plan.steps.length === 0 ? "steps     none" : "steps",
    ...plan.steps.map(
      (step, index) =>
        `  ${String(index + 1).padStart(2)}. ${step.directive} ${step.id} (${step.kind}) ${step.sha256}`,
    ),
  ].join("\n");
}

function keysOf<Key extends string>(keys: Record<Key, true>): readonly Key[] {
  return Object.keys(keys) as Key[];
}

function isWord(value: unknown): value is string {
  return isPlainText(value, MAX_WORD_CHARACTERS) && value !== "";
}

function isWordOrNull(value: unknown): value is string | null {
  return value === null || isWord(value);
}
