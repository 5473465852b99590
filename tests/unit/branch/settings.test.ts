import { settingsOf } from "../../../cli/branch/settings";

describe("a branch's settings", () => {
  it("are those of Pulumi.dev.yaml, without the need for approval", () => {
    const config = {
      "v7:database": "embedded",
      "v7:postgresMajor": "16",
      "v7:requireApproval": "true",
    };
    const source = { encryptionsalt: "v1:salt", config };
    expect(settingsOf("x", "dev-x", source)).toStrictEqual({
      encryptionsalt: "v1:salt",
      config: { ...config, "v7:requireApproval": "false" },
    });
  });

  it("name a database and roles of the branch on a shared server", () => {
    const config = {
      "v7:database": "external",
      "v7:host": "db.test",
      "v7:databaseName": "everybodys",
      "v7:templateDatabase": "v7_template",
      "v7:password": { secure: "v1:abc" },
    };
    const source = { encryptionsalt: "v1:salt", config };
    expect(settingsOf("feature/x", "dev-feature-x-1a2b3c4d5e", source).config).toStrictEqual({
      ...config,
      "v7:databaseName": "v7_dev_feature_x_1a2b3c4d5e",
      "v7:roleSuffix": "_217d2bf51f",
      "v7:requireApproval": "false",
    });
  });

  it("keep a database's name unique within PostgreSQL's 63 bytes", () => {
    const config = { "v7:database": "external", "v7:templateDatabase": "t" };
    const name = (branch: string, stack: string): string =>
      String(settingsOf(branch, stack, { config }).config?.["v7:databaseName"]);
    const stack = `dev-${"a".repeat(80)}`;
    expect(name("one", stack)).toHaveLength(63);
    expect(name("one", stack)).not.toBe(name("other", stack));
  });

  it.each([
    [
      "a database that all branches would share",
      { config: { "v7:database": "external", "v7:databaseName": "everybodys" } },
      /^BRANCH_REFUSED: .*v7:database "external" in Pulumi.dev.yaml, without v7:templateDatabase/,
    ],
    [
      "secrets that Pulumi Cloud encrypted for the stack dev alone",
      { config: { "v7:database": "embedded", "v7:logins": { secure: "AAAB" } } },
      /^BRANCH_REFUSED: reading Pulumi.dev.yaml: found v7:logins, encrypted by Pulumi Cloud/,
    ],
  ])("refuse %s", (_what, source, message) => {
    expect(() => settingsOf("x", "dev-x", source)).toThrow(message);
  });
});
