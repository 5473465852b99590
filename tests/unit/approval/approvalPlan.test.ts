import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describePlan, parsePlan, readPlanFile } from "../../../runner/approval/planFile";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { planDigest } from "../../../runner/plan/plan";
import { faultOf, makeFolder, PLAN, removeFolders } from "./support";

const TEXT = canonicalJson(PLAN);
let file: string;

beforeEach(() => {
  file = join(makeFolder(), "plan.json");
});
afterAll(removeFolders);

const refuse = (text: string | Buffer): string =>
  faultOf(() => parsePlan(Buffer.from(text as string))).message;

describe("a plan's file", () => {
  it("is read with its digest recomputed, with or without a line end after it", () => {
    for (const end of ["", "\n"]) {
      writeFileSync(file, TEXT + end);
      expect(readPlanFile(file)).toEqual({ plan: PLAN, digest: planDigest(PLAN) });
    }
  });

  it.each([
    ["a link", "ln -s /etc/hostname", "a symbolic link"],
    ["a FIFO", "mkfifo", "no regular file"],
    ["huge", "truncate -s 9G", "larger than 256 KiB"],
    ["not there", "true", "no such file"],
    ["empty", "touch", "it is not JSON"],
  ])("is a fault if it is %s", (_, command, reason) => {
    execFileSync("sh", ["-c", `${command} "$1"`, "sh", file]);
    const { code, message } = faultOf(() => readPlanFile(file));
    expect(code).toBe("PLAN_FILE_INVALID");
    expect(message).toContain(reason);
  });

  it.each<[string, string | Buffer, string]>([
    ["is not UTF-8", Buffer.of(0xff), "bytes that are not UTF-8"],
    ["is deeply nested", "[".repeat(9e4) + "]".repeat(9e4), "deeper"],
    ["has a key twice", TEXT.replace("{", '{"action":"rollback",'), "twice"],
    ["has a key twice within the target", TEXT.replace('"host"', '"host":"a","host"'), "twice"],
    ["is laid out for reading", JSON.stringify(PLAN, undefined, 2), "not the canonical JSON"],
    ["has two line ends", `${TEXT}\n\n`, "not the canonical JSON"],
    ["has a Windows line end", `${TEXT}\r\n`, "not the canonical JSON"],
    ["has a byte order mark", `\uFEFF${TEXT}`, "byte order mark"],
    ["is an approval", '{"kind":"v7-approval"}', "lacks the key"],
  ])("is refused if it %s", (_, text, reason) => {
    expect(refuse(text)).toContain(reason);
  });

  const [step] = PLAN.steps;
  it.each<[string, object, string]>([
    ["kind", { kind: "v7-approval" }, "kind or version"],
    ["version", { version: 2 }, "kind or version"],
    ["action", { action: "destroy" }, "action"],
    ["project", { project: "" }, "project"],
    ["stack, hidden characters", { stack: "dev\u202E" }, "stack"],
    ["stack, a terminal's codes", { stack: "\u001b[1Fdev" }, "stack"],
    ["target", { target: null }, "the target is not an object"],
    ["target, more keys", { target: { ...PLAN.target, ssl: false } }, 'the unknown key "ssl"'],
    ["port", { target: { ...PLAN.target, port: "5432" } }, "target.port"],
    ["host of two lines", { target: { ...PLAN.target, host: "a\nb" } }, "target.host"],
    ["system", { target: { ...PLAN.target, systemIdentifier: 7 } }, "target.systemIdentifier"],
    ["oid", { target: { ...PLAN.target, databaseOid: null } }, "target.databaseOid"],
    ["steps", { steps: {} }, "steps is not a list"],
    ["a step", { steps: [step, []] }, "step 2 is not an object"],
    ["a step's id", { steps: [{ ...step, id: 1 }] }, "step 1"],
    ["a step's sha256", { steps: [{ ...step, sha256: "11" }] }, "the sha256 of step 1"],
    ["access", { access: "" }, "access"],
    ["manifests", { manifests: "x" }, "manifests"],
    ["head", { base: { ...PLAN.base, historyHead: 0 } }, "base.historyHead"],
    ["fingerprint", { base: { ...PLAN.base, fingerprint: null } }, "base.fingerprint"],
    ["another key", { force: true }, 'the plan has the unknown key "force"'],
  ])("is refused if a field is wrong: %s", (_, change, reason) => {
    expect(refuse(canonicalJson({ ...PLAN, ...change }))).toContain(reason);
  });
});

describe("the text that is shown before signing", () => {
  it("has every value of the plan, unabridged", () => {
    const shown = describePlan(PLAN, planDigest(PLAN));
    const values: string[] = [];
    JSON.stringify(PLAN, (key, value: unknown) => {
      const isConstant = (key === "kind" && value === "v7-plan") || key === "version";
      if ((typeof value === "string" || typeof value === "number") && !isConstant) {
        values.push(String(value));
      }
      return value;
    });
    expect(values).toHaveLength(19);
    expect(values.filter((value) => !shown.includes(value))).toEqual([]);
    expect(shown).toContain(planDigest(PLAN));
  });
});
