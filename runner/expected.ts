import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Snapshot } from "./catalog";
import { fault, messageOf } from "./fault";

/**
 * verify/expected.json: what must stand in the catalog once the directive is applied. Made by executing Article 3 by
 * itself, and proved so by the tests; never made by the runner from its own result.
 */
interface ExpectedFile {
  /** With the required steps alone. */
  readonly required: Snapshot;
  /** By optional amendment: the entries that it adds or changes. */
  readonly amendments: Readonly<Record<string, Snapshot>>;
}

/**
 * The snapshot that is expected with these optional amendments.
 *
 * @throws MANIFEST_INVALID where the file is not there or has no entry for an amendment
 */
export function loadExpected(
  sqlFolder: string,
  directive: string,
  optionalAmendments: readonly string[],
): Snapshot {
  const name = `sql/${directive}/verify/expected.json`;
  try {
    const file = JSON.parse(
      readFileSync(join(sqlFolder, directive, "verify", "expected.json"), "utf8"),
    ) as ExpectedFile;
    const parts = optionalAmendments.map((id) => {
      const part = file.amendments[id];
      if (part === undefined) {
        throw new Error(`no entry for the amendment "${id}"`);
      }
      return part;
    });
    return Object.assign({}, file.required, ...parts) as Snapshot;
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}"`,
      found: messageOf(cause),
      remedy: "Restore it from version control",
      cause,
    });
  }
}
