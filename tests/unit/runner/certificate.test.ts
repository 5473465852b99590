import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCertificate } from "../../../runner/postgres/connection";
import { describeTarget } from "../../../runner/postgres/target";
import { faultOf } from "../../support/faults";

const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "v7-certificate-"));
  writeFileSync(join(folder, "ca.pem"), PEM);
  writeFileSync(join(folder, "key.pem"), "-----BEGIN PRIVATE KEY-----\nsecret\n");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the file of a certificate authority", () => {
  it("is read by its path in the project or its absolute path", () => {
    expect(readCertificate(folder, "ca.pem")).toBe(PEM);
    expect(readCertificate("/nowhere", join(folder, "ca.pem"))).toBe(PEM);
  });

  it.each([
    ["no/such.pem", "ENOENT"],
    [".", "EISDIR"],
    ["key.pem", "a file without a PEM certificate"],
  ])("is refused without showing its content: %s", async (path, found) => {
    const { message } = await faultOf(() => readCertificate(folder, path));
    expect(message).toBe(
      `SETTING_INVALID: reading setting "v7:caCertificate", "${path}": found ${found}, ` +
        "expected a PEM file that can be read, by its path in the project. " +
        "Correct the path; Supabase's certificate is in the project's database settings.",
    );
  });
});

describe("the description of a target", () => {
  it("has its host, port, database and login, and not its password", () => {
    const settings = { host: "h", port: 1, databaseName: "d", user: "u", password: "secret" };
    expect(describeTarget(settings)).toBe('"u@h:1/d"');
  });
});
