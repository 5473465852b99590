import { readProviderSettings } from "../../../engine/standin/providerSettings";

const SETTINGS = {
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
};

describe("the stand-in's provider settings", () => {
  it("are read from JSON texts, as index.ts writes them", () => {
    expect(readProviderSettings(SETTINGS)).toEqual({
      connection: {
        host: "db.example",
        port: 6000,
        databaseName: "app",
        user: "postgres.ref",
        password: "hunter22",
        sslMode: "disable",
      },
      databaseUsername: "postgres",
      maxConnections: 4,
      connectSeconds: 15,
    });
  });

  it.each([
    [{ host: undefined }, '"host", which is missing'],
    [{ port: "many" }, '"port", which is not a whole number'],
    [{ sslmode: "prefer" }, '"sslmode", which is not one of disable, require, '],
    [{ sslrootcert: "/no/such.pem" }, '"/no/such.pem": found ENOENT'],
    [{ superuser: "true" }, '"superuser", which is not one of false'],
    [{ clientcert: "{}" }, '"clientcert", which is nothing that the stand-in has'],
    [{ awsRdsIamAuth: "true" }, '"awsRdsIamAuth", which is nothing that the stand-in has'],
  ])("are refused with %j", (changes, message) => {
    expect(() => readProviderSettings({ ...SETTINGS, ...changes })).toThrow(message);
  });
});
