import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { explainJudgement } from "../../../runner/approval/checkApprovals";
import { readCandidates } from "../../../runner/approval/files";
import { approvalBytes } from "../../../runner/approval/record";
import { visible } from "../../../runner/base/visible";
import {
  judge,
  makeApproval,
  makeFolder,
  makeKey,
  removeFolders,
  sign,
  signerLine,
} from "./support";

const key = makeKey();
const GOOD = approvalBytes(makeApproval()).toString();
afterAll(removeFolders);

/** Contents that a stranger may put into the folder: none of them is an approval's bytes. */
const HOSTILE: readonly (readonly [string, string | Uint8Array])[] = [
  ["a number that no computer holds", GOOD.replace('"version":1', '"version":1e400')],
  ["nothing but such a number", "1e400"],
  ["a negative zero", GOOD.replace('"version":1', '"version":-0')],
  ["nesting without end", "[".repeat(8000) + "]".repeat(8000)],
  [
    "nesting inside a field",
    GOOD.replace('"notes":""', `"notes":${'{"a":'.repeat(50)}1${"}".repeat(50)}`),
  ],
  ["more than an approval has", GOOD.replace('"notes":""', `"notes":"${"x".repeat(20_000)}"`)],
  ["a zero byte", `${GOOD}\0`],
  ["an escaped zero byte", GOOD.replace('"notes":""', '"notes":"\\u0000"')],
  ["half of a character", GOOD.replace('"notes":""', '"notes":"\\ud800"')],
  ["bytes that are not UTF-8", Buffer.concat([Buffer.from(GOOD), Buffer.of(0xff)])],
  ["a byte order mark", `\ufeff${GOOD}`],
  ["a key twice", GOOD.replace("{", '{"notes":"other",')],
  ["a key that it does not have", GOOD.replace("}", ',"force":true}')],
  ["a line end behind it", `${GOOD}\n`],
  ["a space before it", ` ${GOOD}`],
  ["a space in it", GOOD.replace(":", ": ")],
  ["another object behind it", `${GOOD}{}`],
  ["a key that is every object's", GOOD.replace("{", '{"__proto__":{},')],
  ["another kind of value", "[]"],
  ["null", "null"],
  ["nothing", ""],
];

/** Writes a file and its valid signature: a valid signature does not make the content valid. */
function put(folder: string, name: string, content: string | Uint8Array): void {
  const json = Buffer.from(content as string);
  writeFileSync(join(folder, `${name}.json`), json);
  writeFileSync(join(folder, `${name}.json.sig`), sign(json, key));
}

it("hostile files in the approvals folder do not keep a good approval from counting", async () => {
  const folder = makeFolder();
  put(folder, "good", GOOD);
  for (const [what, json] of HOSTILE) {
    put(folder, `hostile ${what}`, json);
  }
  mkdirSync(join(folder, "hostile folder.json"));
  mkdirSync(join(folder, "hostile signature.json.sig"));
  symlinkSync("/dev/zero", join(folder, "hostile link.json"));
  writeFileSync(join(folder, "hostile \u202ename\u001b[2J\n.json"), "{}");
  const judgement = await judge(readCandidates([folder]), signerLine("alice", key));
  const hostile = judgement.verdicts.filter(({ name }) => name.startsWith("hostile"));
  expect(hostile.filter(({ verdict }) => verdict !== "malformed")).toEqual([]);
  expect(hostile).toHaveLength(HOSTILE.length + 4);
  expect(judgement.counted.map(({ name }) => name)).toEqual(["good"]);
  expect(visible(explainJudgement(judgement))).toBe(explainJudgement(judgement));
});
