import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import type { Kind } from "./kind";
import { ATOMS, IN_SCHEMA, IS_MADE_LATER, NAME_OF, ROUTINE } from "./sql";

// The names of these kinds are SQL as the server quotes it: `=== (integer, NONE)`, `fast_ops USING btree`, `(text AS public.t)`.

const TYPE = (oid: string): string =>
  `CASE ${oid} WHEN 0 THEN 'NONE' ELSE format_type(${oid}, NULL) END`;

const inSchema = ({ schema, name }: ObjectId): string =>
  `${escapeIdentifier(schema ?? "")}.${name}`;

export const OPERATOR: Kind = {
  kind: "operator",
  read: {
    catalog: "pg_operator",
    from: IN_SCHEMA("pg_operator", "o", "oprnamespace"),
    oid: "o.oid",
    schema: "n.schema",
    name: `o.oprname || ' (' || ${TYPE("o.oprleft")} || ', ' || ${TYPE("o.oprright")} || ')'`,
    owner: "o.oprowner",
    properties: {
      function: ROUTINE("o.oprcode"),
      commutator: "CASE WHEN o.oprcom <> 0 THEN o.oprcom::regoperator::text END",
      negator: "CASE WHEN o.oprnegate <> 0 THEN o.oprnegate::regoperator::text END",
      restrict: ROUTINE("o.oprrest"),
      join: ROUTINE("o.oprjoin"),
      merges: "o.oprcanmerge",
      hashes: "o.oprcanhash",
    },
  },
  reference: (id) => `OPERATOR ${inSchema(id)}`,
};

export const OPERATOR_FAMILY: Kind = {
  kind: "operator family",
  read: {
    catalog: "pg_opfamily",
    from: IN_SCHEMA("pg_opfamily", "f", "opfnamespace"),
    oid: "f.oid",
    schema: "n.schema",
    name: `quote_ident(f.opfname) || ' USING ' || quote_ident(${NAME_OF("pg_am", "amname", "f.opfmethod")})`,
    owner: "f.opfowner",
    properties: {
      operators: ATOMS(
        "pg_amop a WHERE a.amopfamily = f.oid",
        "a.amopstrategy || ' ' || a.amopopr::regoperator || CASE a.amoppurpose WHEN 'o' THEN ' for order by ' || (SELECT f2.opfname FROM pg_opfamily f2 WHERE f2.oid = a.amopsortfamily) ELSE '' END",
      ),
      functions: ATOMS(
        "pg_amproc a WHERE a.amprocfamily = f.oid",
        "a.amprocnum || ' ' || format_type(a.amproclefttype, NULL) || ', ' || format_type(a.amprocrighttype, NULL) || ' ' || a.amproc::oid::regprocedure",
      ),
    },
  },
  covers: ["pg_amop", "pg_amproc"],
  reference: (id) => `OPERATOR FAMILY ${inSchema(id)}`,
};

export const OPERATOR_CLASS: Kind = {
  kind: "operator class",
  read: {
    catalog: "pg_opclass",
    from: IN_SCHEMA("pg_opclass", "c", "opcnamespace"),
    oid: "c.oid",
    schema: "n.schema",
    name: `quote_ident(c.opcname) || ' USING ' || quote_ident(${NAME_OF("pg_am", "amname", "c.opcmethod")})`,
    owner: "c.opcowner",
    properties: {
      family: NAME_OF("pg_opfamily", "opfname", "c.opcfamily"),
      type: "format_type(c.opcintype, NULL)",
      keyType: "CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END",
      default: "c.opcdefault",
    },
  },
  reference: (id) => `OPERATOR CLASS ${inSchema(id)}`,
};

export const CAST: Kind = {
  kind: "cast",
  read: {
    catalog: "pg_cast",
    from: "pg_cast c",
    // Without a range type's cast, which belongs to the type.
    where: `${IS_MADE_LATER("c.oid")} AND NOT EXISTS (SELECT FROM pg_depend i
      WHERE i.classid = 'pg_cast'::regclass AND i.objid = c.oid AND i.deptype = 'i')`,
    oid: "c.oid",
    name: "'(' || format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) || ')'",
    properties: {
      function: ROUTINE("c.castfunc"),
      context: "c.castcontext::text",
      method: "c.castmethod::text",
    },
  },
  reference: (id) => `CAST ${id.name}`,
};
