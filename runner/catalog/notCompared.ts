import type { CatalogObject } from "../model";
import { formatName } from "../postgres/names";
import { kindOf } from "./kinds";
import { KNOWN_OPTIONS, optionName } from "./known";
import { entriesOf } from "./propertyValue";
import { snapshotKey } from "./snapshotKey";

/**
 * The options of a relation or of a column that this version does not know: `option x of public.t`. They are in no snapshot,
 * and so no difference; whoever reads a plan or a drift report is told. What the server writes by itself (`pg_…`) is none.
 */
export function unknownOptions({ id, properties }: CatalogObject): readonly string[] {
  const { kind, schema = "", name, of } = id;
  const on = of === undefined ? formatName({ schema, name }) : snapshotKey(id);
  return kindOf(kind).read.catalog !== "pg_class"
    ? []
    : entriesOf(properties["options"] ?? null)
        .map(optionName)
        .filter((option) => !KNOWN_OPTIONS.includes(option))
        .map((option) => `option ${option} of ${on}`);
}

/** A line each, for a plan and a drift report. */
export function describeNotCompared(notCompared: readonly string[]): readonly string[] {
  return notCompared.map((what) => `not compared: ${what} (this version does not know it)`);
}
