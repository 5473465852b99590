import { join } from "node:path";
import { readCertificate, type ConnectionSettings } from "../runner/connection";
import type { ExternalServer } from "../runner/stackSettings";

/** An external server's settings as the runner takes them: the certificate read, the path gone. */
export function externalConnection({ caCertificate, ...rest }: ExternalServer): ConnectionSettings {
  return caCertificate === undefined
    ? rest
    : { ...rest, caCertificate: readCertificate(join(__dirname, ".."), caCertificate) };
}
