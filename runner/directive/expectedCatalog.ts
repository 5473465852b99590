import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fault, messageOf } from "../base/fault";
import { isMapping } from "../base/yamlText";
import type { Snapshot } from "../model";

/**
 * verify/expected.json: what must be in the catalog once the directive is applied. Made by executing Article 3 by
 * itself, and proved so by the tests; never made by the runner from its own result.
 */
export interface ExpectedFile {
  /** With the required steps alone. */
  readonly required: Snapshot;
  /** By optional amendment: the entries that it adds or changes. */
  readonly amendments: Readonly<Record<string, Snapshot>>;
}

/**
 * Reads verify/expected.json.
 *
 * @param optional the ids of the directive's optional amendments: each needs its entry
 * @throws MANIFEST_INVALID where the file is not there or has no entry for an amendment
 */
export function loadExpected(
  sqlFolder: string,
  directive: string,
  optional: readonly string[],
): ExpectedFile {
  const name = `sql/${directive}/verify/expected.json`;
  try {
    const file = JSON.parse(
      readFileSync(join(sqlFolder, directive, "verify", "expected.json"), "utf8"),
    ) as unknown;
    if (!isSnapshots(file)) {
      throw new Error("no mappings `required` and `amendments`");
    }
    const missing = optional.find((id) => !Object.hasOwn(file.amendments, id));
    if (missing !== undefined) {
      throw new Error(`no entry for the amendment "${missing}"`);
    }
    return file;
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}"`,
      found: messageOf(cause),
      remedy: "Make it as docs/sql.md says",
      cause,
    });
  }
}

function isSnapshots(file: unknown): file is ExpectedFile {
  return (
    isMapping(file) &&
    isMapping(file["required"]) &&
    isMapping(file["amendments"]) &&
    Object.values(file["amendments"]).every(isMapping)
  );
}

/** The snapshot that is expected with these optional amendments: each adds entries, or changes some. */
export function expectedWith(file: ExpectedFile, chosen: readonly string[]): Snapshot {
  return Object.assign({}, file.required, ...chosen.map((id) => file.amendments[id])) as Snapshot;
}
