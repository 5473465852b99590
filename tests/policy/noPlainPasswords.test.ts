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
  ])("refuses what is no SCRAM verifier: %j", async (password) => {
    expect(await violations({ password })).toHaveLength(1);
  });

  it.each([
    ["a verifier", { password: VERIFIER }],
    ["a written-only verifier", { passwordWo: VERIFIER, passwordWoVersion: "1" }],
    ["no password", { login: false }],
    ["an empty one", { password: "" }],
  ])("lets %s pass", async (_what, props) => {
    expect(await violations(props)).toEqual([]);
  });

  it("does not pass a role whose password is unknown", async () => {
    await expect(violations({ password: UNKNOWN })).rejects.toThrow(
      "string value at .password can't be known during preview",
    );
  });

  it.each(["directive:index:MigrationRunner", "pulumi:providers:postgresql"])(
    "says nothing of %s, whose password is not known before its server is",
    async (type) => {
      expect(await violationsOf(noPlainPasswords, type, { password: UNKNOWN })).toEqual([]);
      expect(await violationsOf(noPlainPasswords, type, { password: "plain" })).toEqual([]);
    },
  );
});
