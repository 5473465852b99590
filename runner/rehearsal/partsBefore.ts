import { formerId, isSameObject, laterId } from "../catalog/kinds/objectId";
import type { CatalogChange, CatalogObject, ObjectId } from "../model";
import type { StandIn } from "./standIns";
import type { SurroundingGrant, Surroundings } from "./surroundingsModel";

type Named = { readonly name: string };
type Domain = Surroundings["domains"][number];

/** A domain as it was before the applied steps: with the checks that it had. */
export function domainBefore(domain: Domain, change: CatalogChange): Domain {
  const { schema, name } = domain;
  // The steps drop a dropped check before they could mind its expression.
  const checks = partsBefore(
    domain.checks,
    "constraint",
    { kind: "domain", schema, name },
    change,
    (check) => ({ name: check.id.name, expression: "true" }),
  );
  return { ...domain, checks };
}

/** A privilege by the names before the applied steps. */
export function grantBefore(
  { schema, object, ...grant }: SurroundingGrant,
  { renamed }: CatalogChange,
): SurroundingGrant {
  if (schema === null) {
    return { ...grant, schema, object };
  }
  if (object === null) {
    return { ...grant, schema: formerId({ kind: "schema", name: schema }, renamed).name, object };
  }
  const { schema: before = "", name } = formerId({ kind: "table", schema, name: object }, renamed);
  return { ...grant, schema: before, object: name };
}

/** A view, or a composite type, as it was before the applied steps: with the columns that it had. */
export function standInBefore(standIn: StandIn, change: CatalogChange): StandIn {
  const { kind, schema, name } = standIn;
  const now = laterId({ kind, schema, name }, change.renamed);
  const columns = partsBefore(standIn.columns, "column", now, change, ({ id, properties }) => ({
    name: id.name,
    type: String(properties["type"]),
  }));
  return { ...standIn, columns };
}

/**
 * An object's parts before the applied steps: without those that they added, with those that they dropped, by their former
 * names and types.
 *
 * @param of the object by its present name
 */
function partsBefore<T extends Named>(
  parts: readonly T[],
  kind: string,
  of: ObjectId,
  { added, changed, renamed, removed }: CatalogChange,
  made: (dropped: CatalogObject) => T,
): readonly T[] {
  const before = formerId(of, renamed);
  return [
    ...parts.flatMap((part) => {
      const id = { kind, name: part.name, of };
      if (added.some((one) => isSameObject(one.id, id))) {
        return [];
      }
      const type = changed.find((one) => isSameObject(one.id, id))?.properties["type"]?.from;
      return [
        {
          ...part,
          name: formerId(id, renamed).name,
          ...(typeof type === "string" ? { type } : {}),
        },
      ];
    }),
    ...removed
      .filter(({ id }) => id.kind === kind && id.of !== undefined && isSameObject(id.of, before))
      .map(made),
  ];
}
