import { readFileSync } from "node:fs";
import { withConnection } from "../../../runner/postgres/connection";
import { makeCertificate, type TestCertificate } from "../../support/certificate";
import { faultOf } from "../../support/faults";
import { startTestServer, type TestServer } from "../../support/postgres";

describe("the certificate of a server that is named by its address", () => {
  let server: TestServer;
  let certificate: TestCertificate;

  const connect = (host: string): Promise<unknown> =>
    withConnection(
      {
        host,
        port: server.port,
        databaseName: "postgres",
        user: server.superuser,
        password: server.superuserPassword,
        caCertificate: readFileSync(certificate.certificate, "utf8"),
      },
      async (client): Promise<unknown> =>
        (await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).rows,
    );

  const start = async (address: string): Promise<void> => {
    certificate = makeCertificate(address);
    server = await startTestServer({ major: 17, settings: certificate.settings });
  };

  afterEach(async () => {
    await server.stop();
    certificate.remove();
  });

  it("is accepted when it names that address", async () => {
    await start("127.0.0.1");
    expect(await connect("127.0.0.1")).toEqual([{ ssl: true }]);
  });

  it("is refused when it names another address", async () => {
    await start("127.0.0.2");
    expect(await faultOf(() => connect("127.0.0.1"))).toMatchObject({ code: "SERVER_TLS" });
  });
});
