import { parse } from "pg-connection-string";
import { fault } from "../base/fault";
import type { ConnectionSettings } from "../model";

/** The parts of a connection URL. No message shows the password or the URL. */
export interface ConnectionUrl extends Partial<Omit<ConnectionSettings, "sslMode">> {
  readonly sslMode?: string;
  /** A PEM file's path, or `system`. */
  readonly caCertificate?: string;
}

/** The accepted parameters after the question mark. libpq knows more; those are refused, since they would have no effect. */
const PARAMETERS: ReadonlySet<string> = new Set([
  ...["host", "port", "user", "password"],
  ...["sslmode", "sslrootcert"],
]);

/**
 * Reads a connection URL, as libpq does: `postgresql://LOGIN:PASSWORD@HOST:PORT/DATABASE?sslmode=…`, or with host and port
 * after the question mark. Every connection URL is read here.
 *
 * @param what the source of the text, for messages: `DATABASE_URL`
 * @throws SETTING_INVALID where it is not such a URL, or has a parameter that is not accepted
 */
export function readConnectionUrl(text: string, what: string): ConnectionUrl {
  const refuse = (found: string, expected = EXPECTED): never => {
    throw fault("SETTING_INVALID", {
      what: `reading ${what}`,
      found,
      expected,
      remedy: "Correct it, with special characters percent-encoded",
    });
  };
  // pg-connection-string would accept other forms and misread them: a path, key=value, a fragment.
  if (!/^postgres(ql)?:\/\//.test(text) || /[\s#]|%(?![0-9a-f]{2})/i.test(text)) {
    return refuse("another form");
  }
  const [, base = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(text) ?? [];
  const parameters = new URLSearchParams(query.replaceAll("+", "%2B"));
  const names = [...parameters.keys()];
  // Where a password has a question mark that is not encoded, its rest is taken for a parameter: only plain names are shown.
  if (names.some((name) => !/^\w+$/.test(name))) {
    return refuse("another form");
  }
  const unknown = names.filter(
    (name, index) => !PARAMETERS.has(name) || names.indexOf(name) !== index,
  );
  if (unknown.length > 0) {
    return refuse(
      `the parameter ${unknown.join(", ")}`,
      `${[...PARAMETERS].join(", ")} alone, each once`,
    );
  }
  const [sslMode, certificate] = ["sslmode", "sslrootcert"].map((name) => parameters.get(name));
  // pg-connection-string would read the file, and treat some modes as others.
  parameters.delete("sslmode");
  parameters.delete("sslrootcert");
  try {
    const { host, port, database, user, password } = parse(
      `${withWholePath(base)}?${parameters.toString().replaceAll("+", "%20")}`,
    );
    if (host !== null && /[,/]/.test(host)) {
      return refuse("several hosts, or a socket's folder", "one host, reached over TCP");
    }
    return {
      ...given("host", host),
      ...(isGiven(port) ? { port: Number(port) } : {}),
      ...given("databaseName", decodeURIComponent(database ?? "")),
      ...given("user", user),
      ...given("password", password),
      ...given("sslMode", sslMode),
      ...given("caCertificate", certificate),
    };
  } catch (error) {
    if (error instanceof Error && error.name === "Fault") {
      throw error;
    }
    return refuse("another form");
  }
}

const EXPECTED = "postgresql://LOGIN:PASSWORD@HOST:PORT/DATABASE";

/** Encodes the path's percent signs again: the parser decodes only some characters of the database's name, so we decode it. */
function withWholePath(base: string): string {
  const path = base.indexOf("/", base.indexOf("://") + 3);
  return path < 0 ? base : base.slice(0, path) + base.slice(path).replaceAll("%", "%25");
}

function isGiven(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && value !== "";
}

function given<K extends string>(
  name: K,
  value: string | null | undefined,
): { readonly [key in K]?: string } {
  return isGiven(value) ? ({ [name]: value } as { readonly [key in K]?: string }) : {};
}
