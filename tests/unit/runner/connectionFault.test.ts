import fc from "fast-check";
import { DatabaseError } from "pg";
import type { ConnectionSettings } from "../../../runner/model";
import { connectionFault } from "../../../runner/postgres/connectionFault";

const SETTINGS: ConnectionSettings = {
  host: "db.example.com",
  port: 5432,
  databaseName: "postgres",
  user: "ada",
  password: "never-to-be-shown",
};
const WHAT = 'connecting to "ada@db.example.com:5432/postgres"';
const CHECK = "Check v7:host and v7:port, and that the server runs and can be reached from here.";
const TLS =
  "Set v7:caCertificate to the server's certificate authority, or v7:sslMode where that is right.";

const nodeError = (code: string, message = `${code} somewhere`): Error =>
  Object.assign(new Error(message), { code });
const serverError = (code: string | undefined, message: string): Error =>
  Object.assign(new DatabaseError(message, 50, "error"), { code });

describe("a server without an answer", () => {
  it.each(["ECONNREFUSED", "ENOTFOUND", "EPIPE"])("is SERVER_UNREACHABLE: %s", (code) => {
    expect(connectionFault(SETTINGS, nodeError(code)).message).toBe(
      `SERVER_UNREACHABLE: ${WHAT}: found ${code}, expected a PostgreSQL server. ${CHECK}`,
    );
  });

  it.each(["ENETUNREACH", "ENOTFOUND", "ECONNREFUSED"])(
    "is reported with the session pooler for Supabase's direct connection: %s",
    (code) => {
      const host = "db.abcdefghijklmnopqrst.supabase.co";
      expect(connectionFault({ ...SETTINGS, host }, nodeError(code)).message).toBe(
        `SERVER_UNREACHABLE: ${WHAT.replace(SETTINGS.host, host)}: found ${code}, expected a PostgreSQL server. ` +
          "Supabase's direct connection is IPv6 only: where that cannot be reached, set v7:host and v7:user to the " +
          "session pooler's, port 5432.",
      );
    },
  );

  it("is reported with npm start if it is on this machine", () => {
    const settings = { ...SETTINGS, host: "127.0.0.1" };
    expect(connectionFault(settings, nodeError("ECONNREFUSED")).message).toBe(
      `SERVER_UNREACHABLE: ${WHAT.replace(SETTINGS.host, "127.0.0.1")}: found ECONNREFUSED, expected a PostgreSQL server. ` +
        "Run npm start, where it is a server of the stack's own; else check v7:host and v7:port.",
    );
  });

  it("is SERVER_UNREACHABLE if several addresses were tried", () => {
    const error = new AggregateError([nodeError("ECONNREFUSED"), nodeError("ENETUNREACH")], "");
    expect(connectionFault(SETTINGS, error).message).toBe(
      `SERVER_UNREACHABLE: ${WHAT}: found ECONNREFUSED, expected a PostgreSQL server. ${CHECK}`,
    );
  });

  it("is SERVER_UNREACHABLE if pg gave up waiting", () => {
    expect(connectionFault(SETTINGS, new Error("timeout expired")).message).toBe(
      `SERVER_UNREACHABLE: ${WHAT}: found timeout expired, expected a PostgreSQL server. ` +
        "Check that the server runs and can be reached from here.",
    );
  });

  it("is SERVER_UNREACHABLE if the error has no message", () => {
    expect(connectionFault(SETTINGS, new Error("")).message).toContain("found no answer, expected");
  });
});

describe("a refused connection", () => {
  it.each([
    ["28P01", "Check v7:user and v7:password, and the server's pg_hba.conf."],
    ["28000", "Check v7:user and v7:password, and the server's pg_hba.conf."],
    ["3D000", "Check v7:databaseName."],
    ["53300", "Wait until others have disconnected, or raise the limit that the server names."],
    ["57P03", "Correct what the server names."],
    ["42501", "Correct what the server names."],
  ])("is SERVER_REFUSED with a remedy: %s", (state, remedy) => {
    expect(connectionFault(SETTINGS, serverError(state, "no")).message).toBe(
      `SERVER_REFUSED: ${WHAT}: found no (SQLSTATE ${state}), expected the server to let this login in. ${remedy}`,
    );
  });

  it("is SERVER_REFUSED without a SQLSTATE too", () => {
    expect(connectionFault(SETTINGS, serverError(undefined, "no")).message).toContain(
      "found no (SQLSTATE unknown)",
    );
  });
});

describe("a connection without verified TLS", () => {
  it.each([
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_SSL_WRONG_VERSION_NUMBER",
    "EPROTO",
  ])("is SERVER_TLS: %s", (code) => {
    expect(connectionFault(SETTINGS, nodeError(code, "as node says it")).message).toBe(
      `SERVER_TLS: ${WHAT}: found as node says it, expected TLS, with a certificate that can be verified. ${TLS}`,
    );
  });

  it.each(["The server does not support SSL connections", "self-signed certificate"])(
    "is SERVER_TLS even if only the error's message says so: %s",
    (message) => {
      expect(connectionFault(SETTINGS, new Error(message)).code).toBe("SERVER_TLS");
    },
  );
});

describe("a fault of a connection", () => {
  const errors = fc.oneof(
    fc.constantFrom("ECONNREFUSED", "EPROTO", "X").map((code) => nodeError(code)),
    fc.constantFrom("28P01", "3D000").map((code) => serverError(code, "no")),
    fc.constant(new AggregateError([nodeError("ENOTFOUND")], "")),
  );

  it("always shows the host, the port, the database and the login, and never the password", () => {
    const passwords = fc.string({ minLength: 12 }).map((text) => `§${text}§`);
    fc.assert(
      fc.property(passwords, errors, (password, error) => {
        const made = connectionFault({ ...SETTINGS, password }, error);
        expect(made.message).not.toContain(password);
        expect(made.stack).not.toContain(password);
        expect(made.message).toContain(WHAT);
      }),
    );
  });

  it("has the thrown error as its cause", () => {
    const error = nodeError("ECONNREFUSED");
    expect(connectionFault(SETTINGS, error).cause).toBe(error);
  });
});
