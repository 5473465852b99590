import { baseName } from "../catalog/definedObjects";
import { isSameObject } from "../catalog/kinds/objectId";
import type { CatalogChange, CatalogObject } from "../model";
import type { StandIn } from "./standIns";
import type { Surroundings } from "./surroundingsModel";

const WITH_COLUMNS: readonly string[] = ["view", "materialized view", "composite type"];
const ROUTINES: readonly string[] = ["function", "procedure"];

/**
 * What the applied steps dropped, besides tables and enums: their statements run again in a rehearsal, and need it. A
 * column's sequence goes with the column.
 *
 * @param owner who owns it then
 */
export function droppedStandIns(change: CatalogChange, owner: string): readonly StandIn[] {
  return change.removed.flatMap((object): StandIn[] => {
    const { id, properties } = object;
    const { schema = "", name } = id;
    const rest = { schema, name, owner, ...NOTHING };
    if (WITH_COLUMNS.includes(id.kind)) {
      return [{ ...rest, kind: id.kind as StandIn["kind"], columns: columnsOf(change, object) }];
    }
    if (id.kind === "sequence" && properties["ownedBy"] === undefined) {
      return [{ ...rest, kind: "sequence" }];
    }
    return ROUTINES.includes(id.kind)
      ? [{ ...rest, kind: id.kind as StandIn["kind"], ...interfaceOf(object) }]
      : [];
  });
}

/** The dropped domains, without their checks' expressions. */
export function droppedDomains({ removed }: CatalogChange, owner: string): Surroundings["domains"] {
  return removed
    .filter(({ id }) => id.kind === "domain")
    .map(({ id, properties }) => ({
      schema: id.schema ?? "",
      name: id.name,
      owner,
      base: String(properties["type"]),
      notNull: properties["notNull"] === true,
      hasDefault: false,
      checks: removed
        .filter((part) => part.id.of !== undefined && isSameObject(part.id.of, id))
        .map((check) => ({ name: check.id.name, expression: "true" })),
    }));
}

const NOTHING = { columns: [], arguments: [], returns: null, isSet: false, ownedBy: null };

function columnsOf({ removed }: CatalogChange, { id }: CatalogObject): StandIn["columns"] {
  return removed
    .filter(({ id: { kind, of } }) => kind === "column" && of !== undefined && isSameObject(of, id))
    .map((column) => ({ name: column.id.name, type: String(column.properties["type"]) }));
}

/** The types of a routine's arguments, from its id, and what it returns, from the server's own CREATE FUNCTION. */
function interfaceOf({
  id: { name },
  properties,
}: CatalogObject): Pick<StandIn, "name" | "arguments" | "returns" | "isSet"> {
  const types = name.slice(name.lastIndexOf("(") + 1, -1);
  const returns = /^ RETURNS (SETOF )?(.*)$/m.exec(String(properties["definition"]));
  const type = returns?.[2] ?? null;
  const isTable = type?.startsWith("TABLE(") === true;
  return {
    name: baseName(name),
    arguments: types === "" ? [] : types.split(", ").map((type) => ({ mode: "i", name: "", type })),
    returns: isTable ? "record" : type,
    isSet: isTable || returns?.[1] !== undefined,
  };
}
