import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { CHECKOUT, places } from "../engine/paths";
import { replaceFile } from "../runner/base/replaceFile";
import { SYSTEM_AUTHORITIES } from "../runner/postgres/connection";
import { readConnectionUrl } from "../runner/postgres/connectionUrl";

/**
 * A stack's `databaseUrl` for other clients: with the absolute path of its certificate file, so that it works in any folder.
 *
 * Where the stack trusts the system's authorities, it trusts those of Node.js, NODE_EXTRA_CA_CERTS among them. libpq has
 * no option for these: they are written into a file, which the URL names.
 */
export function clientUrl(databaseUrl: string): string {
  const certificate = certificateFile(databaseUrl);
  if (certificate === undefined) {
    return databaseUrl;
  }
  const [base = "", query] = databaseUrl.split("?", 2);
  const parameters = (query ?? "").split("&").filter((one) => !/^(sslrootcert=|$)/.test(one));
  return `${base}?${[...parameters, `sslrootcert=${encodeURIComponent(certificate)}`].join("&")}`;
}

export function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = "";
  return url.href;
}

/** The file with the authorities that a connection trusts; undefined where it verifies no certificate. */
export function certificateFile(databaseUrl: string): string | undefined {
  const { sslMode = "verify-full", caCertificate } = readConnectionUrl(
    databaseUrl,
    "the stack's databaseUrl",
  );
  if (caCertificate !== undefined && caCertificate !== SYSTEM_AUTHORITIES) {
    return resolve(CHECKOUT, caCertificate);
  }
  return sslMode.startsWith("verify-") ? writeAuthorities() : undefined;
}

function writeAuthorities(): string {
  const file = join(places().own, "authorities.pem");
  const extra = process.env["NODE_EXTRA_CA_CERTS"] ?? "";
  replaceFile(file, [...rootCertificates, ...readExtra(extra)].join("\n"));
  return file;
}

/** As in Node.js, a file that cannot be read is ignored. */
function readExtra(path: string): readonly string[] {
  try {
    return path === "" ? [] : [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
