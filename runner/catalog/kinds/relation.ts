import type { KindQuery } from "./kind";
import { AMONG, IN_SCHEMA } from "./sql";

/** The relations in the described schemas, as `c`. */
const RELATIONS = IN_SCHEMA("pg_class", "c", "relnamespace");

/** The query fields that tables, views and sequences have in common. */
export const RELATION = {
  catalog: "pg_class",
  from: RELATIONS,
  oid: "c.oid",
  schema: "n.schema",
  name: "c.relname",
  owner: "c.relowner",
  narrow: AMONG("c.oid"),
  among: ["pg_class"],
} satisfies Partial<KindQuery>;

/** The query fields of parts of a relation: the rows of their catalog as `alias`, the relation as `c`. */
export function onRelation(
  catalog: string,
  alias: string,
  relation: string,
): Pick<KindQuery, "catalog" | "from" | "oid" | "of" | "narrow" | "among"> {
  return {
    catalog,
    from: `${RELATIONS} JOIN ${catalog} ${alias} ON ${alias}.${relation} = c.oid`,
    oid: `${alias}.oid`,
    of: { catalog: "'pg_class'", oid: "c.oid" },
    narrow: AMONG(`${alias}.${relation}`),
    among: ["pg_class"],
  };
}
