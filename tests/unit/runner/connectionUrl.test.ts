import { readConnectionUrl } from "../../../runner/postgres/connectionUrl";
import { faultOf } from "../../support/faults";

describe("a connection URL", () => {
  it.each([
    [
      "postgresql:///d?host=127.0.0.1&port=6000",
      { host: "127.0.0.1", port: 6000, databaseName: "d" },
    ],
    [
      "postgres://u:p%40%2F%3A@[::1]:6000/a%2Fb%2525?sslmode=require&sslrootcert=/c/a%20b.pem",
      {
        ...{ host: "::1", port: 6000, databaseName: "a/b%25", user: "u", password: "p@/:" },
        ...{ sslMode: "require", caCertificate: "/c/a b.pem" },
      },
    ],
    ["postgresql://h?user=a+b&password=%23", { host: "h", user: "a+b", password: "#" }],
    [
      "postgresql://h/d?sslrootcert=system",
      { host: "h", databaseName: "d", caCertificate: "system" },
    ],
  ])("is read like libpq reads it: %s", (url, parts) => {
    expect(readConnectionUrl(url, "X")).toEqual(parts);
  });

  it.each([
    ["hostaddr", "postgresql://h/d?hostaddr=127.0.0.1"],
    ["options", "postgresql://h/d?options=-csearch_path%3Dx"],
    ["service, target_session_attrs", "postgresql:///?service=x&target_session_attrs=any"],
    ["pgbouncer", "postgresql://h/d?pgbouncer=true"],
    ["sslmode", "postgresql://h/d?sslmode=require&sslmode=disable"],
  ])("is refused with the name of an unsupported parameter: %s", async (name, url) => {
    const { message } = await faultOf(() => readConnectionUrl(url, "X"));
    expect(message).toMatch(
      new RegExp(`^SETTING_INVALID: reading X: found the parameter ${name}, expected host, port`),
    );
  });

  it.each([
    "postgresql://a:1,b:2/d",
    "postgresql:///d?host=a,b",
    "postgresql:///d?host=/var/run/postgresql",
    "postgresql://%2Fvar%2Frun/d",
    "host=x dbname=d",
    "/var/run d",
    "socket:/var/run?db=d",
    "https://secret@h/d",
    "postgresql://u:sec#ret@h/d",
    "postgresql://u:sec%ret@h/d",
    "postgresql://u:a?secret@h/d",
    "postgresql://u:secret@h:99999999/d",
  ])("is refused in any other form, without showing any part of it: %s", async (url) => {
    const { message } = await faultOf(() => readConnectionUrl(url, "X"));
    expect(message).toMatch(/^SETTING_INVALID: reading X: found (another form|several hosts)/);
    expect(message).not.toMatch(/sec|https/);
  });
});
