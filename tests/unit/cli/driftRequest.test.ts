import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDriftRequest, type ConnectionOptions } from "../../../cli/drift/driftRequest";
import { faultOf } from "../../support/faults";
import { folderOfTest } from "../../support/folder";

const folder = folderOfTest();

const LOGIN = { PGUSER: "watcher", PGPASSWORD: "p" };
const FILE = `encryptionsalt: v1:x
config:
  v7:database: external
  v7:host: db.example.org
  v7:port: "6000"
  v7:databaseName: main
  v7:user: postgres
  v7:sslMode: verify-full
  v7:password: { secure: v1:abc }
`;

function read(
  file: string,
  environment: Readonly<Record<string, string>> = LOGIN,
  options: ConnectionOptions = {},
) {
  writeFileSync(join(folder(), "Pulumi.x.yaml"), file);
  return readDriftRequest("x", options, { environment, folder: folder() });
}

describe("the request of v7 drift", () => {
  it("has the settings of the stack's file, and the login and password of the environment", async () => {
    const { connection, request } = await read(FILE);
    expect(connection).toStrictEqual({
      host: "db.example.org",
      port: 6000,
      databaseName: "main",
      user: "watcher",
      password: "p",
      sslMode: "verify-full",
    });
    expect(request.owner).toBe("postgres");
    expect(request.members).toStrictEqual({});
  });

  it("is refused without a login and a password in the environment, and does not use the owner's", async () => {
    expect((await faultOf(() => read(FILE, {}))).message).toMatch(/^SETTING_MISSING: .*no login/);
    expect((await faultOf(() => read(FILE, { PGUSER: "watcher" }))).message).toMatch(
      /^SETTING_MISSING: .*no password/,
    );
  });

  it("suggests no login if none is given, since v7:roleSuffix may rename the roles", async () => {
    const { message } = await faultOf(() => read(`${FILE}  v7:roleSuffix: _b\n`, {}));
    expect(message).toBe(
      "SETTING_MISSING: reading the connection of v7 drift: found no login. " +
        "Set PGUSER; npx v7 drift --help names everything that it reads.",
    );
  });

  it("leaves the members undefined if the logins are a secret", async () => {
    const { request } = await read(`${FILE}  v7:logins: { secure: v1:def }\n`);
    expect(request.members).toBeUndefined();
  });

  it("has the members of logins that are not secret, sorted", async () => {
    const verifier = `SCRAM-SHA-256$4096:c2FsdA==$a:b`;
    const logins = ["zoe", "ada"].map((name) => ({ name, role: "v7_agent", password: verifier }));
    const { request } = await read(`${FILE}  v7:logins: '${JSON.stringify(logins)}'\n`);
    expect(request.members).toStrictEqual({ v7_agent: ["ada", "zoe"] });
  });

  it.each([
    "DATABASE_URL",
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGDATABASE",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLMODE",
    "PGSSLROOTCERT",
  ])("is refused if the environment has %s, unless a flag names the database", async (name) => {
    const environment = { ...LOGIN, [name]: "postgresql://elsewhere/other" };
    const { message } = await faultOf(() => read(FILE, environment));
    expect(message).toMatch(
      new RegExp(`^SETTING_INVALID: .*found ${name} in the environment.*--url-from`),
    );
    expect(message).not.toContain("elsewhere");
    const { connection } = await read(FILE, environment, { host: "by.flag" });
    expect(connection).toMatchObject({ host: "by.flag", port: 6000, databaseName: "main" });
  });

  it("takes a URL from the variable that a flag names, and shows no part of an invalid URL", async () => {
    const url = "postgresql:///other?host=::1&sslmode=require";
    const from = { urlFrom: "ITS_URL" };
    const { connection } = await read(FILE, { ...LOGIN, ITS_URL: url, PGHOST: "x" }, from);
    expect(connection).toMatchObject({
      ...{ host: "::1", port: 5432, databaseName: "other", user: "watcher", password: "p" },
      sslMode: "require",
    });
    const broken = { ITS_URL: "https://secret@x" };
    const { message } = await faultOf(() => read(FILE, broken, from));
    expect(message).toMatch(/^SETTING_INVALID: reading ITS_URL/);
    expect(message).not.toContain("secret");
    expect((await faultOf(() => read(FILE, {}, from))).message).toMatch(
      /^SETTING_MISSING: .*no URL.*the variable ITS_URL/,
    );
  });

  it("is refused if a setting is misspelt", async () => {
    expect((await faultOf(() => read(`${FILE}  v7:hots: x\n`))).message).toMatch(
      /^SETTING_UNKNOWN/,
    );
  });
});
