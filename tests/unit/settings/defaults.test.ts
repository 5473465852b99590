import { parseSettings } from "../../../runner/settings/stackSettings";

const VERIFIER = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";
const DEFAULTS = {
  database: "embedded",
  postgresMajor: 17,
  requireApproval: true,
  allowedSigners: "sql/ad_005/approvals/allowed_signers",
  requiredApprovals: 1,
  forbidSelfApproval: false,
  amendments: [],
  lockTimeoutSeconds: 5,
  statementTimeoutSeconds: 600,
  logins: [],
  roleSuffix: "",
};
const EXTERNAL = {
  database: "external",
  host: "db.example.com",
  databaseName: "postgres",
  user: "postgres",
  password: "secret",
};

describe("the settings", () => {
  it("have their defaults if none is set", () => {
    expect(parseSettings({})).toStrictEqual(DEFAULTS);
  });

  it("have the defaults of an external database, without a certificate", () => {
    expect(parseSettings(EXTERNAL)).toStrictEqual({
      ...DEFAULTS,
      database: "external",
      external: {
        host: "db.example.com",
        port: 5432,
        databaseName: "postgres",
        user: "postgres",
        password: "secret",
        sslMode: "verify-full",
      },
    });
  });

  it("have every value that is set", () => {
    const logins = [{ name: "ada", role: "v7_agent", password: VERIFIER }];
    expect(
      parseSettings({
        ...EXTERNAL,
        port: "6000",
        sslMode: "verify-ca",
        caCertificate: "ca.pem",
        postgresMajor: "18",
        requireApproval: "false",
        allowedSigners: "signers",
        requiredApprovals: "3",
        forbidSelfApproval: "true",
        amendments: '["one","two"]',
        lockTimeoutSeconds: "9",
        statementTimeoutSeconds: "1200",
        logins: JSON.stringify(logins),
      }),
    ).toStrictEqual({
      database: "external",
      postgresMajor: 18,
      external: {
        host: "db.example.com",
        port: 6000,
        databaseName: "postgres",
        user: "postgres",
        password: "secret",
        sslMode: "verify-ca",
        caCertificate: "ca.pem",
      },
      requireApproval: false,
      allowedSigners: "signers",
      requiredApprovals: 3,
      forbidSelfApproval: true,
      amendments: ["one", "two"],
      lockTimeoutSeconds: 9,
      statementTimeoutSeconds: 1200,
      logins,
      roleSuffix: "",
    });
  });

  it("have the template of a stack's own database on a shared server", () => {
    expect(
      parseSettings({ ...EXTERNAL, databaseName: "mine", templateDatabase: "template_v7" }),
    ).toStrictEqual({
      ...DEFAULTS,
      database: "external",
      external: {
        host: "db.example.com",
        port: 5432,
        databaseName: "mine",
        user: "postgres",
        password: "secret",
        sslMode: "verify-full",
      },
      templateDatabase: "template_v7",
    });
  });

  it("add the suffix to every login's name and role", () => {
    const logins = [{ name: "ada", role: "v7_agent", password: VERIFIER }];
    const raw = { roleSuffix: "_feature_1a2b", logins: JSON.stringify(logins) };
    expect(parseSettings(raw)).toStrictEqual({
      ...DEFAULTS,
      roleSuffix: "_feature_1a2b",
      logins: [{ name: "ada_feature_1a2b", role: "v7_agent_feature_1a2b", password: VERIFIER }],
    });
  });

  it.each(["_a", "_0", "__", `_${"x".repeat(19)}`])("accept the suffix %j", (roleSuffix) => {
    expect(parseSettings({ roleSuffix }).roleSuffix).toBe(roleSuffix);
  });

  it.each(["15", "16", "17", "18"])("accept PostgreSQL %s", (major) => {
    expect(parseSettings({ postgresMajor: major }).postgresMajor).toBe(Number(major));
  });

  it.each(["verify-full", "verify-ca", "require", "disable"])("accept sslMode %s", (sslMode) => {
    expect(parseSettings({ ...EXTERNAL, sslMode }).external?.sslMode).toBe(sslMode);
  });

  it.each([
    ["port", "1"],
    ["port", "65535"],
    ["requiredApprovals", "10"],
    ["lockTimeoutSeconds", "3600"],
    ["statementTimeoutSeconds", "86400"],
  ])("accept the end of a range: %s %s", (key, value) => {
    const { external, ...rest } = parseSettings({ ...EXTERNAL, [key]: value });
    expect({ ...rest, ...external }).toHaveProperty(key, Number(value));
  });

  it("keep a password unchanged, even with white space", () => {
    const password = ' p"a$$\n';
    expect(parseSettings({ ...EXTERNAL, password }).external?.password).toBe(password);
  });
});
