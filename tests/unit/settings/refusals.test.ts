import fc from "fast-check";
import { parseSettings } from "../../../runner/settings/stackSettings";
import { faultOf } from "../../support/faults";

const EXTERNAL = {
  database: "external",
  host: "db.example.com",
  databaseName: "postgres",
  user: "postgres",
  password: "hidden-password",
};
const VERIFIER = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy";
const messageOf = async (raw: Record<string, string>): Promise<string> =>
  (await faultOf(() => parseSettings(raw))).message;

describe("a value of a setting", () => {
  it.each([
    ["database", "Embedded", "embedded, docker, external"],
    ["database", "", "embedded, docker, external"],
    ["postgresMajor", "14", "15, 16, 17, 18"],
    ["postgresMajor", "17.0", "15, 16, 17, 18"],
    ["requireApproval", "no", "true, false"],
    ["requireApproval", "False", "true, false"],
    ["requiredApprovals", "0", "a whole number from 1 to 10"],
    ["requiredApprovals", "11", "a whole number from 1 to 10"],
    ["requiredApprovals", "", "a whole number from 1 to 10"],
    ["lockTimeoutSeconds", "-1", "a whole number from 1 to 3600"],
    ["lockTimeoutSeconds", "0", "a whole number from 1 to 3600"],
    ["lockTimeoutSeconds", "5s", "a whole number from 1 to 3600"],
    ["statementTimeoutSeconds", "1.5", "a whole number from 1 to 86400"],
    ["statementTimeoutSeconds", "86401", "a whole number from 1 to 86400"],
    ["statementTimeoutSeconds", "Infinity", "a whole number from 1 to 86400"],
  ])("is refused for %s: %j", async (key, value, expected) => {
    expect(await messageOf({ [key]: value })).toBe(
      `SETTING_INVALID: reading setting "v7:${key}": found "${value}", expected ${expected}. ` +
        `Run pulumi config set v7:${key} with one of these.`,
    );
  });

  it.each([
    ["port", "0", "a whole number from 1 to 65535"],
    ["port", "65536", "a whole number from 1 to 65535"],
    ["port", "x", "a whole number from 1 to 65535"],
    ["sslMode", "prefer", "verify-full, verify-ca, require, disable"],
  ])("is refused for an external database's %s: %j", async (key, value, expected) => {
    expect(await messageOf({ ...EXTERNAL, [key]: value })).toBe(
      `SETTING_INVALID: reading setting "v7:${key}": found "${value}", expected ${expected}. ` +
        `Run pulumi config set v7:${key} with one of these.`,
    );
  });

  it.each([
    ["amendments", "lockdown", "text that is not JSON", "a list of names"],
    ["amendments", '"lockdown"', "something else", "a list of names"],
    ["amendments", "[1]", "something else", "a list of names"],
    ["logins", "ada", "text that is not JSON", "a list of logins"],
    ["logins", '{"name":"ada"}', "something else", "a list of { name, role, password }"],
    ["logins", '[{"name":"ada"}]', "something else", "a list of { name, role, password }"],
    ["logins", "[null]", "something else", "a list of { name, role, password }"],
  ])(
    "is refused if it is not a list of the right form: %s %j",
    async (key, value, found, expected) => {
      const { message } = await faultOf(() => parseSettings({ [key]: value }));
      expect(message).toContain(
        `SETTING_INVALID: reading setting "v7:${key}": found ${found}, expected ${expected}. `,
      );
    },
  );

  it("is refused if it is not a whole number", async () => {
    const texts = fc
      .string()
      .filter((text) => !Number.isInteger(Number(text)) || text.trim() === "");
    await fc.assert(
      fc.asyncProperty(texts, async (value) => {
        const { code } = await faultOf(() => parseSettings({ lockTimeoutSeconds: value }));
        expect(code).toBe("SETTING_INVALID");
      }),
    );
  });
});

describe("an unknown setting", () => {
  it.each([
    ["requireAproval", "requireApproval"],
    ["Host", "host"],
    ["lockTimeout", "lockTimeoutSeconds"],
    ["postgresmajor", "postgresMajor"],
    ["login", "logins"],
  ])("%s is refused, with the nearest known setting if that is near", async (key, nearest) => {
    const isNear = key !== "lockTimeout";
    const { code, message } = await faultOf(() => parseSettings({ [key]: "x" }));
    expect(code).toBe("SETTING_UNKNOWN");
    expect(message.includes(`expected "v7:${nearest}"`)).toBe(isNear);
    expect(message).toContain(`found "v7:${key}"`);
  });

  it("is refused with all known settings if none is near", async () => {
    expect(await messageOf({ somethingElseEntirely: "x" })).toBe(
      `SETTING_UNKNOWN: reading the stack's settings: found "v7:somethingElseEntirely", ` +
        "expected one of v7:database, v7:postgresMajor, v7:dockerImage, v7:host, v7:port, v7:databaseName, v7:user, " +
        "v7:password, v7:sslMode, v7:caCertificate, v7:templateDatabase, v7:requireApproval, v7:allowedSigners, v7:requiredApprovals, " +
        "v7:forbidSelfApproval, v7:amendments, v7:lockTimeoutSeconds, v7:statementTimeoutSeconds, v7:logins, v7:roleSuffix. " +
        "Run pulumi config rm v7:somethingElseEntirely.",
    );
  });
});

describe("a missing setting", () => {
  it.each([
    ["host", ""],
    ["databaseName", ""],
    ["user", ""],
    ["password", " --secret"],
  ])("of an external database is refused: %s", async (key, secret) => {
    const raw = Object.fromEntries(Object.entries(EXTERNAL).filter(([name]) => name !== key));
    const expected =
      `SETTING_MISSING: reading setting "v7:${key}": found nothing, ` +
      `expected a value, since v7:database is external. Run pulumi config set${secret} v7:${key} ….`;
    expect(await messageOf(raw)).toBe(expected);
    expect(await messageOf({ ...raw, [key]: " " })).toBe(expected);
  });
});

describe("a key of an external database", () => {
  it.each([
    ["host", "embedded"],
    ["port", "docker"],
    ["password", "embedded"],
    ["caCertificate", "docker"],
    ["templateDatabase", "embedded"],
  ])("is refused with a server of the stack's own: %s, %s", async (key, database) => {
    expect(await messageOf({ database, [key]: "hidden-password" })).toBe(
      `SETTING_INVALID: reading setting "v7:${key}": found this setting together with v7:database "${database}", ` +
        'expected v7:database "external". ' +
        `Run pulumi config set v7:database external, or pulumi config rm v7:${key}.`,
    );
  });
});

describe("the image of a container", () => {
  const digest = `@sha256:${"ab".repeat(32)}`;

  it.each([
    "postgres",
    "postgres:latest",
    "postgres:",
    ":17.10",
    "",
    " postgres:17.10",
    "Postgres:17.10",
    "postgres:17.10 --privileged",
    "postgres:17.10\n",
    "https://registry.example.org/postgres:17.10",
    "registry.example.org:5000/postgres",
    `postgres${digest.slice(0, -1)}`,
    `postgres${digest.toUpperCase()}`,
  ])("is refused if it is not an image, or an image that may change: %j", async (dockerImage) => {
    expect(await messageOf({ database: "docker", dockerImage })).toBe(
      `SETTING_INVALID: reading setting "v7:dockerImage": found "${dockerImage}", ` +
        "expected an image with a digest, or with a tag other than latest. " +
        "Run pulumi config set v7:dockerImage with one of these.",
    );
  });

  it.each([
    "postgres:17.10",
    "postgres:17.10-alpine3.22",
    `postgres${digest}`,
    `postgres:latest${digest}`,
    "localhost:5000/postgres:17",
    "registry.example.org/team/own__postgres:1.0_rc.1",
  ])("is accepted: %s", (dockerImage) => {
    expect(parseSettings({ database: "docker", dockerImage }).dockerImage).toBe(dockerImage);
  });

  it.each(["embedded", "external"])("is refused with the database %s", async (database) => {
    const raw = { ...(database === "external" ? EXTERNAL : {}), database };
    expect(await messageOf({ ...raw, dockerImage: "postgres:17.10" })).toBe(
      `SETTING_INVALID: reading setting "v7:dockerImage": found this setting together with v7:database "${database}", ` +
        'expected v7:database "docker". ' +
        "Run pulumi config set v7:database docker, or pulumi config rm v7:dockerImage.",
    );
  });
});

describe("the stack's own database on a shared server", () => {
  const own = (databaseName: string, templateDatabase: string): Record<string, string> => ({
    ...EXTERNAL,
    databaseName,
    templateDatabase,
  });

  it.each(["postgres", "template0", "template1"])(
    "may not have the name of a database of the server itself: %s",
    async (name) => {
      expect(await messageOf(own(name, "template_v7"))).toBe(
        `SETTING_INVALID: reading setting "v7:databaseName": found "${name}" together with ` +
          'v7:templateDatabase "template_v7", expected a database of this stack\'s own, none of postgres, template0, ' +
          "template1. Run pulumi config set v7:databaseName with another.",
      );
    },
  );

  it("may not have its template's name", async () => {
    expect(await messageOf(own("same", "same"))).toBe(
      'SETTING_INVALID: reading setting "v7:databaseName": found "same" together with v7:templateDatabase "same", ' +
        "expected another name than the template's. Run pulumi config set v7:databaseName with another.",
    );
  });

  it.each([
    ["databaseName", own("é".repeat(32), "template_v7")],
    ["templateDatabase", own("mine", "é".repeat(32))],
  ])("may not have a name that PostgreSQL would cut short: %s", async (key, raw) => {
    expect(await messageOf(raw)).toBe(
      `SETTING_INVALID: reading setting "v7:${key}": found a name of 64 bytes, expected at most 63: ` +
        `PostgreSQL cuts a longer one short. Run pulumi config set v7:${key} with another.`,
    );
  });

  it("is refused with every fault at once, including those of the suffix", async () => {
    const message = await messageOf({ ...own("postgres", "postgres"), roleSuffix: "-x" });
    expect(message.split("\n").map((line) => /"v7:(\w+)": found/.exec(line)?.[1])).toEqual([
      undefined,
      "databaseName",
      "databaseName",
      "roleSuffix",
    ]);
  });

  it("needs a template with a name", async () => {
    expect(await messageOf(own("mine", " "))).toMatch(
      /^SETTING_INVALID: reading setting "v7:templateDatabase": found nothing/,
    );
  });
});

describe("the suffix of the roles", () => {
  it.each(["", "_", "x", "-x", "_X", "_ä", "_a b", '_"', `_${"x".repeat(20)}`])(
    "is refused: %j",
    async (roleSuffix) => {
      expect(await messageOf({ roleSuffix })).toBe(
        `SETTING_INVALID: reading setting "v7:roleSuffix": found "${roleSuffix}", expected an underscore, then ` +
          "lower-case letters, digits and underscores, at most 20 characters in all. " +
          "Run pulumi config set v7:roleSuffix with one of these.",
      );
    },
  );

  it("is refused if it makes a login's name too long", async () => {
    const name = "a".repeat(60);
    const logins = JSON.stringify([{ name, role: "v7_agent", password: VERIFIER }]);
    expect(await messageOf({ logins, roleSuffix: "_abc" })).toBe(
      `SETTING_INVALID: reading setting "v7:roleSuffix": found "_abc", with which the login "${name}" would be ` +
        "longer than 63 bytes, expected a shorter suffix. Run pulumi config set v7:roleSuffix with another.",
    );
  });
});

describe("the password of a login", () => {
  const loginsWith = (password: string): Record<string, string> => ({
    logins: JSON.stringify([
      { name: "ada", role: "v7_agent", password: VERIFIER },
      { name: "bob", role: "v7_agent", password },
    ]),
  });

  it.each([
    "hidden-password",
    "",
    "md5c98cbfeb6a347a47eb8e96cfb4c4b890",
    "SCRAM-SHA-256$hidden-password",
    "SCRAM-SHA-256$4096:salt$stored",
  ])("is refused, and not shown, if it is not a verifier: %j", async (password) => {
    expect(await messageOf(loginsWith(password))).toBe(
      'SETTING_INVALID: reading setting "v7:logins": found a plain-text password for "bob", ' +
        "expected a SCRAM-SHA-256 verifier, made by npx v7 verifier. " +
        "Run pulumi config set v7:logins with one of these.",
    );
  });

  it("is not shown if the logins have another fault", async () => {
    const message = await messageOf({ logins: '[{"name":"bob","password":"hidden-password"}]' });
    expect(message).not.toContain("hidden-password");
  });
});

describe("the faults of several settings", () => {
  it("are all reported at once, under the code of the first", async () => {
    const { code, message } = await faultOf(() =>
      parseSettings({
        ...EXTERNAL,
        databse: "external",
        host: " ",
        port: "x",
        sslMode: "off",
        requiredApprovals: "0",
        logins: "[]x",
      }),
    );
    expect(code).toBe("SETTING_UNKNOWN");
    const [head, ...rest] = message.split("\n");
    expect(head).toBe(
      "SETTING_UNKNOWN: reading the stack's settings: found 6 faults, expected none. Correct them all.",
    );
    expect(rest.map((line) => line.split(": found ")[0])).toEqual([
      "  - SETTING_UNKNOWN: reading the stack's settings",
      '  - SETTING_MISSING: reading setting "v7:host"',
      '  - SETTING_INVALID: reading setting "v7:port"',
      '  - SETTING_INVALID: reading setting "v7:sslMode"',
      '  - SETTING_INVALID: reading setting "v7:requiredApprovals"',
      '  - SETTING_INVALID: reading setting "v7:logins"',
    ]);
    expect(message).not.toContain("hidden-password");
  });
});
