import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDriftRequest } from "../../../cli/driftRequest";
import { faultOf } from "../../support/faults";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "v7-settings-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

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

function read(file: string, environment: Readonly<Record<string, string>> = LOGIN) {
  writeFileSync(join(folder, "Pulumi.x.yaml"), file);
  return readDriftRequest("x", {}, { environment, folder });
}

describe("what drift detection reads of a stack", () => {
  it("is its file without the secrets, and the login of the environment", async () => {
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

  it("never is the owner's login, nor its password, where the environment has none", async () => {
    expect((await faultOf(() => read(FILE, {}))).message).toMatch(/^SETTING_MISSING: .*no login/);
    expect((await faultOf(() => read(FILE, { PGUSER: "watcher" }))).message).toMatch(
      /^SETTING_MISSING: .*no password/,
    );
  });

  it("leaves the members open where the logins are a secret", async () => {
    const { request } = await read(`${FILE}  v7:logins: { secure: v1:def }\n`);
    expect(request.members).toBeUndefined();
  });

  it("takes logins that are no secret, in whatever order", async () => {
    const verifier = `SCRAM-SHA-256$4096:c2FsdA==$a:b`;
    const logins = ["zoe", "ada"].map((name) => ({ name, role: "v7_agent", password: verifier }));
    const { request } = await read(`${FILE}  v7:logins: '${JSON.stringify(logins)}'\n`);
    expect(request.members).toStrictEqual({ v7_agent: ["ada", "zoe"] });
  });

  it("prefers the URL to the other variables, and shows nothing of one that cannot be read", async () => {
    const url = "postgresql://w:s%3Acret@[::1]/other?sslmode=require";
    const { connection } = await read(FILE, { ...LOGIN, DATABASE_URL: url, PGHOST: "elsewhere" });
    expect(connection).toMatchObject({
      host: "::1",
      port: 6000,
      databaseName: "other",
      user: "w",
      password: "s:cret",
    });
    const { message } = await faultOf(() => read(FILE, { DATABASE_URL: "https://secret@x" }));
    expect(message).toMatch(/^SETTING_INVALID: reading DATABASE_URL/);
    expect(message).not.toContain("secret");
  });

  it("refuses a misspelt setting, as the program does", async () => {
    expect((await faultOf(() => read(`${FILE}  v7:hots: x\n`))).message).toMatch(
      /^SETTING_UNKNOWN/,
    );
  });
});
