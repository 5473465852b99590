import { readRevocation } from "../../../cli/revoke";

const NONCE = "0a".repeat(16);
const KEY = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
const PLAN = "ab".repeat(32);

describe("v7 revoke", () => {
  it("reads one nonce, key or plan", () => {
    expect(readRevocation({ nonce: NONCE, reason: "" })).toEqual({ kind: "nonce", value: NONCE });
    expect(readRevocation({ key: KEY, reason: "" })).toEqual({ kind: "key", value: KEY });
    expect(readRevocation({ plan: PLAN, reason: "a" })).toEqual({ kind: "plan", value: PLAN });
  });

  it.each([
    ["nothing", {}],
    ["two things", { nonce: NONCE, plan: PLAN }],
    ["a plan's first digits", { plan: PLAN.slice(0, 16) }],
    ["a nonce as a key", { key: NONCE }],
    ["a nonce in capitals", { nonce: NONCE.toUpperCase() }],
    ["a key's fingerprint with its padding", { key: `${KEY}=` }],
    ["a reason of two lines", { nonce: NONCE, reason: "a\nb" }],
    ["a reason that turns the reading direction", { nonce: NONCE, reason: "\u202e" }],
  ])("refuses %s", (_, options) => {
    expect(() => readRevocation({ reason: "", ...options })).toThrow(/^COMMAND_INVALID/);
  });
});
