import { fault } from "../base/fault";
import { changeBetween } from "../catalog/change";
import { keyOf } from "../catalog/kinds/objectId";
import type { AccessGrant, AccessMatrix, CatalogChange, ObjectId } from "../model";
import { formatName } from "../postgres/names";
import type { Found } from "./observe";

/**
 * Refuses a grant on what no directive makes or changes, and on a column that is not there: it would fail once everything
 * else has been committed, or open what is of others.
 *
 * @throws DIRECTIVE_REFUSED
 */
export function expectGranted(
  directive: string,
  access: Pick<AccessMatrix, "grants"> | undefined,
  found: readonly Found[],
): void {
  const missing = found.flatMap(({ clean, after }) => {
    const own = concerned(changeBetween(clean, after));
    const columns = new Set(after.keys());
    return (access?.grants ?? []).flatMap((grant) => notThere(grant, own, columns));
  });
  if (missing.length > 0) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `reading the grants of sql/${directive}/access.yaml`,
      found: [...new Set(missing)].join(", "),
      expected: "relations, columns and schemas that a directive makes or changes",
      remedy: "Correct the name, or take the grant out",
    });
  }
}

const RELATIONS = ["table", "view", "materialized view", "foreign table"];

/** Every relation and schema that was made, changed, or has something new on it or in it; by its name. */
function concerned({ added, changed, renamed }: CatalogChange): ReadonlySet<string> {
  const ids = [...[...added, ...changed].map(({ id }) => id), ...renamed.map(({ to }) => to)];
  const withParents = (id: ObjectId): readonly ObjectId[] => [
    id,
    ...(id.of === undefined ? [] : withParents(id.of)),
  ];
  return new Set(
    ids.flatMap(withParents).flatMap(({ kind, schema, name }) => {
      if (kind === "schema") {
        return [name];
      }
      const relation =
        RELATIONS.includes(kind) && schema !== undefined ? [formatName({ schema, name })] : [];
      return [...(schema === undefined ? [] : [schema]), ...relation];
    }),
  );
}

function notThere(
  { schema, object, columns = [] }: AccessGrant,
  own: ReadonlySet<string>,
  keys: ReadonlySet<string>,
): readonly string[] {
  if (object === undefined) {
    return own.has(schema) ? [] : [`schema ${schema}`];
  }
  const relation = formatName({ schema, name: object });
  if (!own.has(relation)) {
    return [relation];
  }
  return columns
    .filter(
      (name) =>
        !RELATIONS.some((kind) =>
          keys.has(keyOf({ kind: "column", name, of: { kind, schema, name: object } })),
        ),
    )
    .map((name) => `column ${name} of ${relation}`);
}
