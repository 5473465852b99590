import type { CatalogObject } from "../model";
import { formatName } from "../postgres/names";
import { kindOf } from "./kinds";
import { snapshotKey } from "./kinds/objectId";
import { KNOWN_OPTIONS, optionName } from "./known";
import { entriesOf } from "./propertyValue";

/**
 * The options of a relation or column that this version does not know: `option x of public.t`. Snapshots leave them out, so
 * that they are no difference; plans and drift reports list them. Options that the server sets itself (`pg_…`) do not count.
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

/** The lines of a plan or a drift report on what was not compared. */
export function describeNotCompared(notCompared: readonly string[]): readonly string[] {
  return notCompared.map((what) => `not compared: ${what} (this version does not know it)`);
}
