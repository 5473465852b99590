import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chownIfRoot, serverAccount } from "../../runner/embedded/system/account";

export interface TestCertificate {
  /** The certificate's file, which is also that of its authority. */
  readonly certificate: string;
  /** The settings with which a server is started, as in postgresql.conf. */
  readonly settings: Readonly<Record<string, string>>;
  remove(): void;
}

/** A self-signed certificate of that address, with a key that the server's account can read. */
export function makeCertificate(address: string): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), "v7-tls-"));
  chmodSync(folder, 0o755);
  const certificate = join(folder, "server.crt");
  const key = join(folder, "server.key");
  const what = ["-nodes", "-days", "2", "-subj", "/CN=v7", "-addext"];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync(
    "openssl",
    ["req", "-x509", ...curve, ...what, `subjectAltName=IP:${address}`, ...files],
    { stdio: "ignore" },
  );
  chmodSync(key, 0o600);
  chownIfRoot(key, serverAccount());
  return {
    certificate,
    settings: { ssl: "on", ssl_cert_file: certificate, ssl_key_file: key },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
