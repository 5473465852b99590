import fc from "fast-check";
import { parseCanonicalJson } from "../../../runner/approval/approvalJson";
import {
  approvalBytes,
  approvalName,
  newApproval,
  parseApproval,
} from "../../../runner/approval/record";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { isPlainText, quoteUntrusted } from "../../../runner/base/untrustedText";
import type { Approval } from "../../../runner/model";
import { DIGEST, faultOf, makeApproval } from "./support";

const text = approvalBytes(makeApproval()).toString();
const refuse = (bytes: Uint8Array | string): string =>
  faultOf(() => parseApproval(Buffer.from(bytes as string))).message;

describe("the bytes of an approval", () => {
  it("give the approval back when they are read", () => {
    const approval = makeApproval({ notes: 'Grüße, "quoted" \\ and 日本語' });
    expect(parseApproval(approvalBytes(approval))).toEqual(approval);
  });

  it("go into a file named by the plan's first 16 digits and the approver", () => {
    const alices = { plan: DIGEST, approver: "alice" };
    expect(approvalName({ ...alices, decision: "approved" })).toBe("abababababababab-alice");
    expect(approvalName({ ...alices, decision: "rejected" })).toBe(
      "rejected-abababababababab-alice",
    );
  });

  it("have a new nonce each time", () => {
    expect(new Set(Array.from({ length: 50 }, () => makeApproval().nonce)).size).toBe(50);
  });

  it.each<[string, string | Buffer, string]>([
    ["are empty", "", "it is not JSON"],
    ["are followed by a line end", `${text}\n`, "its bytes are not the canonical JSON"],
    ["are followed by CRLF", `${text}\r\n`, "its bytes are not the canonical JSON"],
    [
      "hold CRLF between fields",
      text.replace(",", ",\r\n"),
      "its bytes are not the canonical JSON",
    ],
    ["are followed by a second object", `${text}{}`, "it is not JSON"],
    ["are followed by a NUL", `${text}\0`, "it is not JSON"],
    ["begin with a byte order mark", `\uFEFF${text}`, "it begins with a byte order mark"],
    ["are UTF-16", Buffer.from(text, "utf16le"), "it is not JSON"],
    [
      "are not UTF-8",
      Buffer.from(`${text.slice(0, -2)}\xff"}`, "latin1"),
      "bytes that are not UTF-8",
    ],
    [
      "hold an overlong character",
      Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
      "bytes that are not UTF-8",
    ],
    [
      "hold an encoded surrogate",
      Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
      "bytes that are not UTF-8",
    ],
    ["hold a space", text.replace(":", ": "), "its bytes are not the canonical JSON"],
    [
      "escape what needs none",
      text.replace("alice", "\\u0061lice"),
      "its bytes are not the canonical",
    ],
    ["have keys in another order", reversed(text), "its bytes are not the canonical JSON"],
    [
      "write 1 as 1.0",
      text.replace('"version":1', '"version":1.0'),
      "its bytes are not the canonical",
    ],
    ["have a key twice", text.replace("{", '{"action":"apply",'), 'it has the key "action" twice'],
    [
      "have a key twice, spelt in two ways",
      text.replace("{", '{"\\u0061ction":"apply",'),
      'it has the key "action" twice',
    ],
    ["have an unknown key", text.replace("}", ',"z":1}'), 'the approval has the unknown key "z"'],
    [
      "have the key __proto__",
      text.replace("{", '{"__proto__":{},'),
      'the approval has the unknown key "__proto__"',
    ],
    ["lack a key", text.replace(/"notes":"",/, ""), 'the approval lacks the key "notes"'],
    ["are a list", "[]", "the approval is not an object"],
    ["are null", "null", "the approval is not an object"],
    ["nest five deep", "[[[[[]]]]]", "it nests deeper than 4 levels"],
    ["nest deep enough for a stack", "[".repeat(8000) + "]".repeat(8000), "it nests deeper than 4"],
    ["open eight thousand lists", "[".repeat(16_000), "it is not JSON"],
    ["are one unended text", `"${'\\"'.repeat(8000)}`, "it is not JSON"],
  ])("are refused if they %s", (_, bytes, reason) => {
    expect(refuse(bytes)).toContain(reason);
  });

  it.each<[keyof Approval, unknown]>([
    ["kind", "v7-plan"],
    ["version", 2],
    ["version", "1"],
    ["plan", DIGEST.toUpperCase()],
    ["plan", DIGEST.slice(1)],
    ["plan", [DIGEST]],
    ["action", "destroy"],
    ["action", "constructor"],
    ["decision", "yes"],
    ["decision", true],
    ["approver", ""],
    ["approver", "*"],
    ["approver", "-n"],
    ["approver", "alice,bob"],
    ["approver", "../alice"],
    ["approver", "alice\n"],
    ["approver", "аlice"],
    ["approver", "a".repeat(129)],
    ["notes", "two\nlines"],
    ["notes", "\u202Edesrever"],
    ["notes", "\ud800"],
    ["notes", "x".repeat(1001)],
    ["notes", null],
    ["issued", "2031-05-10T12:00:00+00:00"],
    ["issued", "2031-05-10T12:00:00.000Z"],
    ["issued", "2031-02-30T12:00:00Z"],
    ["issued", "2031-05-10"],
    ["issued", 1],
    ["expires", "2031-05-10T24:00:00Z"],
    ["expires", "9999-12-31T23:59:59Z"],
    ["nonce", "0".repeat(31)],
    ["nonce", "G".repeat(32)],
  ])("are refused if %s is %j", (field, value) => {
    expect(refuse(canonicalJson({ ...makeApproval(), [field]: value }))).toMatch(
      new RegExp(`^"${field}" is `),
    );
  });

  it("are checked before anybody is asked to sign them", () => {
    const parts = { plan: DIGEST, action: "apply", decision: "approved", notes: "" } as const;
    const issue = (approver: string, seconds: number) => () =>
      newApproval({ ...parts, approver }, new Date(), seconds);
    expect(issue("alice", 30 * 86_400)).not.toThrow();
    expect(issue("alice", 30 * 86_400 + 1)).toThrow("within 30 days");
    expect(issue("a*", 60)).toThrow("not a signer's name");
  });
});

describe("canonical JSON", () => {
  it("is read back as the same value, to four levels", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const bytes = Buffer.from(canonicalJson(value));
        expect(canonicalJson(parseCanonicalJson(bytes))).toBe(bytes.toString());
      }),
    );
  });

  it("is the only spelling of a value that is not refused", () => {
    const spelling = fc.tuple(fc.json({ maxDepth: 3 }), fc.constantFrom("", " ", "\n", "\t"));
    fc.assert(
      fc.property(spelling, ([json, space]) => {
        const other = json + space;
        fc.pre(canonicalJson(JSON.parse(other)) !== other);
        expect(() => parseCanonicalJson(Buffer.from(other))).toThrow(/^it/);
      }),
    );
  });

  it("makes the reader give a reason for every text that it refuses", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array()), (bytes) => {
        expect(refuse(bytes)).not.toBe("nothing was thrown");
      }),
    );
  });
});

describe("an untrusted text", () => {
  it("is shown on one line, with its hidden characters escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        expect(isPlainText(quoteUntrusted(value), 1000)).toBe(true);
      }),
    );
    expect(quoteUntrusted("a\u0000\u001b\u2028\u{E0041}")).toBe(
      '"a\\u0000\\u001b\\u2028\\udb40\\udc41"',
    );
  });
});

function reversed(json: string): string {
  const entries = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return JSON.stringify(Object.fromEntries(entries.reverse()));
}
