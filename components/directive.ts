import { join } from "node:path";
import type { AccessMatrix } from "../runner/access";
import { loadAccess } from "../runner/access";
import { checkoutFolder } from "../runner/embedded/checkout";
import { loadExpected } from "../runner/expected";
import { chooseSteps, loadManifest, type Step } from "../runner/manifest";
import type { PlannedStep } from "../runner/plan";

/** The directive as the program means it: read once, before anything is registered. */
export interface Directive {
  /** The folder in sql/: `ad_005`. */
  readonly name: string;
  /** Ids of the optional amendments. */
  readonly amendments: readonly string[];
  readonly steps: readonly Step[];
  /** The steps as a plan names them. */
  readonly plannedSteps: readonly PlannedStep[];
  readonly access: AccessMatrix;
}

/** The folder with the directives. */
export const SQL_FOLDER = join(checkoutFolder(), "sql");

/**
 * Reads sql/<name> and checks every byte against its manifest.
 *
 * @throws MANIFEST_INVALID, DIRECTIVE_CHANGED, SQL_UNPARSABLE, SETTING_INVALID
 */
export async function readDirective(
  name: string,
  amendments: readonly string[],
): Promise<Directive> {
  const manifest = await loadManifest(SQL_FOLDER, name);
  const steps = chooseSteps(manifest, amendments);
  const access = loadAccess(SQL_FOLDER, name);
  // Read for its faults alone: what is missing must show before anything runs.
  loadExpected(SQL_FOLDER, name, amendments);
  const plannedSteps = steps.map(({ id, kind, sha256 }) => ({ directive: name, id, kind, sha256 }));
  return { name, amendments, steps, plannedSteps, access };
}
