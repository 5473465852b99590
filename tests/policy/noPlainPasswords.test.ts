import { noPlainPasswords } from "../../policy/noPlainPasswords";
import { UNKNOWN, violationsOf } from "../support/policies";

const ROLE = "postgresql:index/role:Role";
const VERIFIER = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";
const violations = (props: Record<string, unknown>): Promise<string[]> =>
  violationsOf(noPlainPasswords, ROLE, props);

describe("no-plain-passwords", () => {
  it.each(["password", "passwordWo"])(
    "refuses a plain %s, and does not show it",
    async (property) => {
      expect(await violations({ [property]: "hidden" })).toEqual([
        `role "one": found a plain-text ${property}, expected a SCRAM-SHA-256 verifier. Make one with npx v7 verifier.`,
      ]);
    },
  );

  it.each([
    "md5c98cbfeb6a347a47eb8e96cfb4c4b890",
    "scram-sha-256$4096:a$b:c",
    " ",
    "SCRAM-SHA-256",
  ])("refuses a password that is not a SCRAM verifier: %j", async (password) => {
    expect(await violations({ password })).toHaveLength(1);
  });

  it.each([
    ["a verifier", { password: VERIFIER }],
    ["a written-only verifier", { passwordWo: VERIFIER, passwordWoVersion: "1" }],
    ["no password", { login: false }],
    ["an empty one", { password: "" }],
  ])("accepts %s", async (_what, props) => {
    expect(await violations(props)).toEqual([]);
  });

  it("does not accept a role whose password is unknown", async () => {
    await expect(violations({ password: UNKNOWN })).rejects.toThrow(
      "string value at .password can't be known during preview",
    );
  });

  it.each(["directive:index:MigrationRunner", "pulumi:providers:postgresql"])(
    "reports nothing on %s, whose password is unknown until its server is there",
    async (type) => {
      expect(await violationsOf(noPlainPasswords, type, { password: UNKNOWN })).toEqual([]);
      expect(await violationsOf(noPlainPasswords, type, { password: "plain" })).toEqual([]);
    },
  );
});
