import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { rootCertificates } from "node:tls";
import { CHECKOUT } from "../engine/paths";
import { SYSTEM_AUTHORITIES } from "../runner/postgres/connection";
import { readConnectionUrl } from "../runner/postgres/connectionUrl";

/**
 * A stack's `databaseUrl` for other clients: its certificate file by its whole path, so that it works in any folder.
 *
 * Where the stack trusts the system's authorities, that is those that Node.js trusts, NODE_EXTRA_CA_CERTS among them. libpq
 * has no word for these: they are written into a file, which the URL then names.
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

/** The file with the authorities that this connection trusts; undefined where it verifies nothing. */
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
  const file = join(CHECKOUT, ".v7", "authorities.pem");
  const extra = process.env["NODE_EXTRA_CA_CERTS"] ?? "";
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${String(process.pid)}`;
  writeFileSync(unfinished, [...rootCertificates, ...readExtra(extra)].join("\n"));
  renameSync(unfinished, file);
  return file;
}

/** Node.js goes on without a file that it cannot read, and so do we. */
function readExtra(path: string): readonly string[] {
  try {
    return path === "" ? [] : [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
