import { join } from "node:path";
import { checkoutFolder } from "../runner/base/checkoutFolder";
import { loadDirectives, type Directives } from "../runner/directive/directive";
import type { Settings } from "./settings";

/** The folder with the directives. */
export const SQL_FOLDER = join(checkoutFolder(), "sql");

/**
 * The directives as the program means them: read once, before anything is registered, every byte checked.
 *
 * @throws MANIFEST_INVALID, DIRECTIVE_CHANGED, SQL_UNPARSABLE, SETTING_INVALID
 */
export async function readDirectives(
  settings: Pick<Settings, "amendments" | "roleSuffix">,
): Promise<Directives> {
  return await loadDirectives(SQL_FOLDER, settings.amendments, settings.roleSuffix);
}
