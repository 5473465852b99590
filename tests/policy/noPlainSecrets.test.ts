import { noPlainSecrets } from "../../policy/noPlainSecrets";
import { UNKNOWN, violationsOf } from "../support/policies";

const violations = (props: Record<string, unknown>): Promise<string[]> =>
  violationsOf(noPlainSecrets, "some:index:Thing", props);
// In parts, so that no file of this repository looks as if it held somebody's key.
const KIND = "PRIVATE";
const TOKEN = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`;

describe("no-plain-secrets", () => {
  it.each([
    ["a private key", `-----BEGIN OPENSSH ${KIND} KEY-----\nabc`],
    ["a URL with a password", "postgresql://postgres:hunter2@db.example.com:5432/postgres"],
    ["a JSON Web Token", TOKEN],
    ["a Supabase access token", `sbp_${"0a".repeat(20)}`],
    ["a Supabase secret key", `sb_secret_${"x".repeat(24)}`],
  ])("refuses %s deep in an input, and does not repeat it", async (what, text) => {
    expect(await violations({ a: [{ b: text }] })).toEqual([
      `"one": found ${what} in the input a.0.b, expected none. Keep it in a secret setting.`,
    ]);
  });

  it.each([
    "postgresql://postgres@db.example.com:5432/postgres",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDq3 architect",
    "ab".repeat(32),
    "sql/ad_005/approvals/allowed_signers",
  ])("accepts a text that is not a secret: %s", async (text) => {
    expect(await violations({ text })).toEqual([]);
  });

  it("accepts the inputs that the engine keeps as secrets", async () => {
    expect(await violations({ password: "x://y:z@w" })).toEqual([]);
    const opts = { additionalSecretOutputs: ["url"] };
    expect(await violationsOf(noPlainSecrets, "a:b:C", { url: "x://y:z@w" }, "one", opts)).toEqual(
      [],
    );
  });

  it("refuses a secret after an input that the preview does not know yet", async () => {
    expect(await violations({ first: UNKNOWN, second: TOKEN })).toHaveLength(1);
  });
});
