import { verifiedTls } from "../../policy/verifiedTls";
import { UNKNOWN, violationsOf } from "../support/policies";

const GATE = "directive:index:ApprovalGate";
const violations = (props: Record<string, unknown>, type = GATE): Promise<string[]> =>
  violationsOf(verifiedTls, type, props);

describe("verified-tls", () => {
  it.each(["disable", "require", "prefer", "VERIFY-FULL", undefined, null])(
    "refuses sslMode %p for another machine",
    async (sslMode) => {
      expect(await violations({ host: "db.example.com", sslMode })).toEqual([
        `"one": found sslMode ${String(sslMode)} for db.example.com, expected verify-full or verify-ca. ` +
          "Run pulumi config set v7:sslMode verify-full, and set v7:caCertificate.",
      ]);
    },
  );

  it.each([GATE, "directive:index:MigrationRunner", "directive:index:CatalogCheck"])(
    "checks %s",
    async (type) => {
      expect(await violations({ host: "h", sslMode: "require" }, type)).toHaveLength(1);
    },
  );

  it("checks the connection of the postgresql provider too", async () => {
    const type = "pulumi:providers:postgresql";
    expect(
      await violations({ host: "h", sslmode: "require", sslMode: "verify-full" }, type),
    ).toEqual([
      '"one": found sslmode require for h, expected verify-full or verify-ca. ' +
        "Run pulumi config set v7:sslMode verify-full, and set v7:caCertificate.",
    ]);
    expect(await violations({ host: "h", sslmode: "verify-full" }, type)).toEqual([]);
  });

  it.each(["verify-full", "verify-ca"])("accepts %s", async (sslMode) => {
    expect(await violations({ host: "db.example.com", sslMode })).toEqual([]);
  });

  it.each(["127.0.0.1", "::1", "localhost"])(
    "accepts this machine without TLS: %s",
    async (host) => {
      expect(await violations({ host, sslMode: "disable" })).toEqual([]);
    },
  );

  it.each(["127.0.0.1.example.com", "localhost.", "10.0.0.1", "0.0.0.0", "127.0.0.2", ""])(
    "takes no other address as this machine: %j",
    async (host) => {
      expect(await violations({ host, sslMode: "disable" })).toHaveLength(1);
    },
  );

  it("accepts an unknown host if the certificate is verified", async () => {
    expect(await violations({ host: UNKNOWN, sslMode: "verify-full" })).toEqual([]);
  });

  it.each([
    [{ host: UNKNOWN, sslMode: "disable" }, "host"],
    [{ host: "db.example.com", sslMode: UNKNOWN }, "sslMode"],
  ])("does not accept any other unknown input: %j", async (props, property) => {
    await expect(violations(props)).rejects.toThrow(`value at .${property} can't be known`);
  });

  it("reports nothing on other resources, even if their inputs are unknown", async () => {
    const props = { host: UNKNOWN, sslMode: "disable" };
    expect(await violations(props, "aws:rds/instance:Instance")).toEqual([]);
  });
});
