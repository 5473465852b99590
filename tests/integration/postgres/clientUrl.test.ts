import { execFileSync } from "node:child_process";
import { isAbsolute } from "node:path";
import { clientUrl } from "../../../cli/clientUrl";
import { CHECKOUT } from "../../../engine/paths";
import { makeCertificate } from "../../support/certificate";
import { serverOfFile } from "../../support/postgres";

const certificate = makeCertificate("127.0.0.1");
const server = serverOfFile({ major: 18, settings: certificate.settings }, () => {
  certificate.remove();
});
afterAll(() => {
  Reflect.deleteProperty(process.env, "NODE_EXTRA_CA_CERTS");
});

/** What node-postgres reads in another folder, given only the URL. */
function askedElsewhere(url: string): string {
  const script = `const { Client } = require(process.argv[2]); (async () => {
    const client = new Client({ connectionString: process.argv[3] });
    await client.connect();
    console.log((await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).rows[0].ssl);
    await client.end();
  })();`;
  const args = ["-e", script, "--", "-", require.resolve("pg"), url];
  const env = { PATH: process.env["PATH"] ?? "" };
  return execFileSync(process.execPath, args, { cwd: "/", env, encoding: "utf8" }).trim();
}

const address = (): string =>
  `postgresql://${server().superuser}:${server().superuserPassword}@127.0.0.1:${String(server().port)}/postgres`;

describe("the URL for other clients", () => {
  it("names the authorities that Node.js trusts when the stack names no certificate", () => {
    process.env["NODE_EXTRA_CA_CERTS"] = certificate.certificate;
    const url = clientUrl(`${address()}?sslmode=verify-full`);
    expect(url).toMatch(/\?sslmode=verify-full&sslrootcert=%2F.*authorities\.pem$/);
    expect(askedElsewhere(url)).toBe("true");
    expect(clientUrl(`${address()}?sslmode=verify-full&sslrootcert=system`)).toBe(url);
  });

  it("names the stack's certificate by its whole path", () => {
    const url = clientUrl(`${address()}?sslrootcert=certificates%2Fx.crt&sslmode=verify-ca`);
    const path = new URL(url).searchParams.get("sslrootcert") ?? "";
    expect([isAbsolute(path), path]).toEqual([true, `${CHECKOUT}/certificates/x.crt`]);
  });

  it("is unchanged when nothing is verified", () => {
    expect(clientUrl(`${address()}?sslmode=disable`)).toBe(`${address()}?sslmode=disable`);
  });
});
