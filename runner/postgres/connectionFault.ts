import { DatabaseError } from "pg";
import { fault, messageOf, type Fault } from "../base/fault";
import { diagnose } from "../container/diagnosis";
import { containerAtPort } from "../container/docker";
import type { ConnectionSettings } from "../model";
import { describeTarget } from "./target";

const UNREACHABLE: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EPIPE",
]);

/** The address of the servers that stacks start themselves. */
const LOCAL_HOST = "127.0.0.1";

/** {@link connectionFault}; where a stack's container has that port, with what Docker says about the container. */
export async function connectionFaultHere(
  settings: ConnectionSettings,
  error: unknown,
): Promise<Fault> {
  const plain = connectionFault(settings, error);
  if (plain.code !== "SERVER_UNREACHABLE" || settings.host !== LOCAL_HOST) {
    return plain;
  }
  const container = await containerAtPort(settings.port);
  if (container === undefined) {
    return plain;
  }
  const { found, remedy, detail } = await diagnose(container);
  return fault(plain.code, {
    ...plain.parts,
    found: `${plain.parts.found}, and ${found}`,
    remedy,
    detail,
  });
}

/** The fault for an error while connecting, with a SERVER_ code. Of the settings it names only host, port, database and login. */
export function connectionFault(settings: ConnectionSettings, error: unknown): Fault {
  const what = `connecting to ${describeTarget(settings)}`;
  if (error instanceof DatabaseError) {
    return fault("SERVER_REFUSED", {
      what,
      found: `${error.message} (SQLSTATE ${error.code ?? "unknown"})`,
      expected: "the server to let this login in",
      remedy: remedyFor(error.code),
      cause: error,
    });
  }
  const code = errorCode(error);
  const message = messageOf(error);
  if (isTlsProblem(code, message)) {
    return fault("SERVER_TLS", {
      what,
      found: message === "" ? (code ?? "no TLS") : message,
      expected: "TLS, with a certificate that can be verified",
      remedy:
        "Set v7:caCertificate to the server's certificate authority, or v7:sslMode where that is right",
      cause: error,
    });
  }
  return fault("SERVER_UNREACHABLE", {
    what,
    found: code ?? (message === "" ? "no answer" : message),
    expected: "a PostgreSQL server",
    remedy: unreachableRemedy(settings.host, code),
    cause: error,
  });
}

/** https://supabase.com/docs/guides/database/connecting-to-postgres: the direct endpoint has IPv6 addresses only. */
const SUPABASE_DIRECT = /^db\.[a-z0-9]+\.supabase\.co$/;

function unreachableRemedy(host: string, code: string | undefined): string {
  if (SUPABASE_DIRECT.test(host)) {
    return (
      "Supabase's direct connection is IPv6 only: where that cannot be reached, set v7:host and v7:user to the " +
      "session pooler's, port 5432"
    );
  }
  if (host === LOCAL_HOST) {
    return "Run npm start, where it is a server of the stack's own; else check v7:host and v7:port";
  }
  return UNREACHABLE.has(code ?? "")
    ? "Check v7:host and v7:port, and that the server runs and can be reached from here"
    : "Check that the server runs and can be reached from here";
}

function remedyFor(state: string | undefined): string {
  switch (state ?? "") {
    case "28P01":
    case "28000":
      return "Check v7:user and v7:password, and the server's pg_hba.conf";
    case "3D000":
      return "Check v7:databaseName";
    case "53300":
      return "Wait until others have disconnected, or raise the limit that the server names";
    default:
      return "Correct what the server names";
  }
}

/** The error's code. Where a host has several addresses, Node throws an AggregateError, whose own message is empty. */
function errorCode(error: unknown): string | undefined {
  if (error instanceof AggregateError) {
    return error.errors.map(errorCode).find((code) => code !== undefined);
  }
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : undefined;
}

function isTlsProblem(code: string | undefined, message: string): boolean {
  return (
    /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_SSL|EPROTO)/.test(code ?? "") ||
    /does not support SSL|certificate/i.test(message)
  );
}
