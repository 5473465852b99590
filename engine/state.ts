import { existsSync } from "node:fs";
import { LOCAL_PASSPHRASE, passphraseIn } from "./environment";
import type { Environment } from "./paths";

/** The state that `pulumi` uses. Of a URL only the scheme is shown: the rest may contain a password. */
export function describeState({ V7_BACKEND_URL: shared = "" }: Environment): string {
  if (shared === "") {
    return "of this checkout alone, in .v7/state";
  }
  const [scheme] = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(shared) ?? [];
  return scheme === undefined
    ? "V7_BACKEND_URL, which is no URL"
    : `shared, as V7_BACKEND_URL says: ${scheme}://…`;
}

/** What decrypts a stack's secrets in this environment; never the passphrase itself. */
export function describePassphrase(environment: Environment): string {
  const phrase = passphraseIn(environment);
  const { PULUMI_CONFIG_PASSPHRASE_FILE: file } = environment;
  if (phrase === LOCAL_PASSPHRASE) {
    return `${LOCAL_PASSPHRASE}, which everybody knows: for servers on 127.0.0.1 alone`;
  }
  if (phrase !== undefined) {
    return "yours, PULUMI_CONFIG_PASSPHRASE";
  }
  if (file === undefined) {
    return "none: Pulumi asks for it, unless a cloud's key encrypts";
  }
  return existsSync(file)
    ? "yours, PULUMI_CONFIG_PASSPHRASE_FILE"
    : "PULUMI_CONFIG_PASSPHRASE_FILE, which names no file";
}

/** What to do where Pulumi says that a passphrase does not open a stack's secrets; undefined for its other messages. */
export function passphraseRemedy(message: string): string | undefined {
  return /passphrase/.test(message)
    ? `Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to the passphrase of this stack's secrets; unset both for a stack of local development, whose passphrase is ${LOCAL_PASSPHRASE}`
    : undefined;
}
