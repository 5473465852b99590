import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readProviderSettings } from "../../../engine/standin/providerSettings";

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("the stand-in's provider settings", () => {
  it("are read as the SDK writes them: numbers and booleans as JSON text", () => {
    const settings = {
      host: "db.example",
      port: "6000",
      database: "app",
      username: "postgres.ref",
      databaseUsername: "postgres",
      password: "hunter22",
      superuser: "false",
      maxConnections: "4",
      connectTimeout: "15",
      sslmode: "disable",
      expectedVersion: "17.0.0",
    };
    expect(readProviderSettings(settings, {})).toEqual({
      host: "db.example",
      port: 6000,
      databaseName: "app",
      user: "postgres.ref",
      databaseUsername: "postgres",
      password: "hunter22",
      isSuperuser: false,
      maxConnections: 4,
      connectTimeoutSeconds: 15,
      tls: false,
    });
  });

  it("come from the environment where they are absent, then from the official plugin's defaults", () => {
    expect(readProviderSettings({}, { PGHOST: "there", PGPORT: "6001" })).toMatchObject({
      host: "there",
      port: 6001,
      databaseName: "postgres",
      user: "postgres",
      databaseUsername: "postgres",
      isSuperuser: true,
      maxConnections: 20,
      connectTimeoutSeconds: 180,
    });
  });

  it("ask for TLS unless they say otherwise, and verify what they are told to", () => {
    const tls = (settings: Record<string, unknown>) => readProviderSettings(settings, {}).tls;
    expect(tls({})).toEqual({ rejectUnauthorized: false });
    expect(tls({ sslmode: "verify-full", sslrootcert: PEM })).toEqual({ ca: PEM });
    for (const sslmode of ["require", "verify-ca"]) {
      expect(tls({ sslmode, sslrootcert: PEM })).toEqual({
        ca: PEM,
        checkServerIdentity: expect.any(Function) as unknown,
      });
    }
  });

  it("read certificates from files or as they are", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "v7-pem-"));
    const file = path.join(folder, "root.pem");
    writeFileSync(file, PEM);
    const clientcert = JSON.stringify({ cert: PEM, key: file, sslinline: true });
    const settings = { sslmode: "verify-full", sslrootcert: file, clientcert };
    expect(readProviderSettings(settings, {}).tls).toEqual({ ca: PEM, cert: PEM, key: PEM });
    rmSync(folder, { recursive: true });
  });

  it.each([
    [{ port: "many" }, 'SETTING_INVALID: reading the provider\'s "port": found "many"'],
    [{ sslmode: "prefer" }, 'SETTING_INVALID: reading the provider\'s "sslmode": found "prefer"'],
    [{ sslrootcert: "/no/such.pem" }, 'SETTING_INVALID: reading the provider\'s "sslrootcert"'],
    [{ clientcert: '{"cert":"x"}' }, 'SETTING_INVALID: reading the provider\'s "clientcert"'],
    [{ awsRdsIamAuth: "true" }, 'SETTING_INVALID: reading the provider\'s "awsRdsIamAuth"'],
  ])("refuse %j", (settings, message) => {
    expect(() => readProviderSettings(settings, {})).toThrow(message);
  });

  it("take no for an answer where a cloud's login is switched off", () => {
    expect(() => readProviderSettings({ awsRdsIamAuth: "false" }, {})).not.toThrow();
  });
});
