import { join, resolve } from "node:path";
import { checkoutFolder } from "../base/checkoutFolder";
import { loadDirectives, type Directives } from "../directive/directive";
import { checkLogins, membersByRole } from "../settings/logins";
import type { ParsedSettings } from "../settings/stackSettings";

/** The part of a request that a stack's settings and the directives' files determine. */
export interface SettingsRequest extends Directives {
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** An absolute path. */
  readonly signersFile: string;
}

/**
 * Reads the directives as a stack's settings choose them, checking every byte, and checks the settings' logins.
 *
 * @throws MANIFEST_INVALID, DIRECTIVE_CHANGED, SQL_UNPARSABLE, SETTING_INVALID
 */
export async function settingsRequest(settings: ParsedSettings): Promise<SettingsRequest> {
  const { amendments, roleSuffix, logins, allowedSigners } = settings;
  const folder = checkoutFolder();
  const directives = await loadDirectives(join(folder, "sql"), amendments, roleSuffix);
  checkLogins(logins, directives.access);
  return {
    ...directives,
    members: membersByRole(logins),
    signersFile: resolve(folder, allowedSigners),
  };
}
