import fc from "fast-check";
import { parseRevocations } from "../../../runner/approval/record";
import { keyFingerprint } from "../../../runner/approval/signature";
import { NO_REVOCATIONS } from "../../../runner/history/revocations";

const NONCE = "0123456789abcdef".repeat(2);
const FINGERPRINT = keyFingerprint(Buffer.from("a key"));
const PLAN = "ab".repeat(32);
const parse = (text: string) => parseRevocations(Buffer.from(text));

describe("the revocation list", () => {
  it("names nonces, fingerprints and plans, one on each line, with comments", () => {
    const text = `# lost in a train\n\n${NONCE}\n${FINGERPRINT} # bob, 2031-05-10\n${PLAN}\n \t# end`;
    expect(parse(text)).toEqual({
      nonces: new Set([NONCE]),
      fingerprints: new Set([FINGERPRINT]),
      plans: new Set([PLAN]),
    });
  });

  it("is empty if the file is empty", () => {
    expect(parse("")).toEqual(NO_REVOCATIONS);
  });

  it.each([
    ["a nonce in capitals", NONCE.toUpperCase()],
    ["a nonce too short", NONCE.slice(1)],
    ["two on a line", `${NONCE} ${NONCE}`],
    ["a nonce behind a space", ` ${NONCE}`],
    ["a Windows line end", `${NONCE}\r\n`],
    ["a fingerprint of MD5", "MD5:00:11"],
    ["a fingerprint too short", FINGERPRINT.slice(0, -1)],
    ["a fingerprint with its padding", `${FINGERPRINT}=`],
    ["a fingerprint whose last character no hash has", `${FINGERPRINT.slice(0, -1)}B`],
    ["a word", "everything"],
    ["a byte order mark", `\uFEFF${NONCE}`],
  ])("is refused if it holds %s, since that line would revoke nothing", (_, text) => {
    expect(() => parse(`${NONCE}\n${text}`.replace(`${NONCE}\n\uFEFF`, "\uFEFF"))).toThrow(
      /^line 2 is |^it begins/,
    );
  });

  it("has exactly the entries of its lines, or is refused", () => {
    const entry = fc.oneof(fc.constantFrom(NONCE, FINGERPRINT, PLAN, "", "# text"), fc.string());
    fc.assert(
      fc.property(fc.array(entry), (lines) => {
        let size = -1;
        try {
          const { nonces, fingerprints, plans } = parse(lines.join("\n"));
          size = nonces.size + fingerprints.size + plans.size;
        } catch {
          return;
        }
        const entries = lines.flatMap((line) => line.split("\n"));
        const named = entries
          .map((line) => line.replace(/[ \t]*(#.*)?$/, ""))
          .filter((line) => line !== "");
        expect(size).toBe(new Set(named).size);
      }),
    );
  });
});
