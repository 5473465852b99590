import { readCertificate, type ConnectionSettings } from "../runner/connection";
import { checkoutFolder } from "../runner/embedded/checkout";
import type { ExternalServer } from "../runner/stackSettings";

/** An external server's settings as the runner takes them: the certificate read, the path gone. */
export function externalConnection({ caCertificate, ...rest }: ExternalServer): ConnectionSettings {
  return caCertificate === undefined
    ? rest
    : { ...rest, caCertificate: readCertificate(checkoutFolder(), caCertificate) };
}
