import { baseName } from "../catalog/definedObjects";
import { formerId, formerName, qualified } from "../catalog/kinds/objectId";
import type { CatalogChange, CatalogObject, ObjectId } from "../model";
import { dropped, partsBefore } from "./partsBefore";
import { RELATIONS, ROUTINES, type StandIn } from "./standIns";
import type { SurroundingGrant, Surroundings } from "./surroundingsModel";

type Domain = Surroundings["domains"][number];

const NOTHING = { columns: [], arguments: [], returns: null, isSet: false, ownedBy: null };

/** The enums before the applied steps. @param owner the owner of dropped ones */
export function enumsBefore(
  enums: Surroundings["enums"],
  change: CatalogChange,
  owner: string,
): Surroundings["enums"] {
  return [
    ...enums.map((one) => ({ ...one, ...former("enum", one, change) })),
    ...dropped(change, "enum").map(({ id }) => ({ ...qualified(id), owner, labels: [] })),
  ].map((one) => ({
    ...one,
    labels: partsBefore(
      one.labels.map((name) => ({ name })),
      "label",
      { kind: "enum", schema: one.schema, name: one.name },
      change,
      () => ({}),
      {},
    ).map(({ name }) => name),
  }));
}

/** The domains before the applied steps. @param owner the owner of dropped ones */
export function domainsBefore(
  domains: readonly Domain[],
  change: CatalogChange,
  owner: string,
): readonly Domain[] {
  return [
    ...domains.map((one) => ({ ...one, ...former("domain", one, change) })),
    ...dropped(change, "domain").map(({ id, properties }) => ({
      ...qualified(id),
      owner,
      base: String(properties["type"]),
      notNull: properties["notNull"] === true,
      hasDefault: false,
      checks: [],
    })),
  ].map((one) => ({
    ...one,
    checks: partsBefore(
      one.checks,
      "constraint",
      { kind: "domain", schema: one.schema, name: one.name },
      change,
      () => ({}),
      // The steps drop the check again before anything is checked by it.
      { expression: "true" },
    ),
  }));
}

/**
 * The stand-ins before the applied steps. A column's sequence goes with the column.
 *
 * @param standIns by their former names
 * @param owner the owner of dropped ones
 */
export function standInsBefore(
  standIns: readonly StandIn[],
  change: CatalogChange,
  owner: string,
): readonly StandIn[] {
  const gone = dropped(change, ...RELATIONS, ...ROUTINES).filter(
    ({ properties }) => properties["ownedBy"] === undefined,
  );
  return [
    ...standIns,
    ...gone.map((object) => ({
      ...NOTHING,
      kind: object.id.kind as StandIn["kind"],
      ...qualified(object.id),
      owner,
      ...(ROUTINES.includes(object.id.kind) ? interfaceOf(object) : {}),
    })),
  ].map((one) => ({
    ...one,
    columns: partsBefore(
      one.columns,
      "column",
      { kind: one.kind, schema: one.schema, name: one.name },
      change,
      ({ type }) => (typeof type === "string" ? { type } : {}),
      { type: "" },
    ),
  }));
}

/** A privilege by the names before the applied steps. */
export function grantBefore(grant: SurroundingGrant, change: CatalogChange): SurroundingGrant {
  const { schema, object } = grant;
  if (schema === null) {
    return grant;
  }
  if (object === null) {
    const id: ObjectId = { kind: "schema", name: schema };
    return { ...grant, schema: formerId(id, change.renamed).name };
  }
  const before = formerName({ schema, name: object }, change.renamed);
  return { ...grant, schema: before.schema, object: before.name };
}

function former(
  kind: string,
  { schema, name }: { readonly schema: string; readonly name: string },
  { renamed }: CatalogChange,
) {
  return qualified(formerId({ kind, schema, name }, renamed));
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
