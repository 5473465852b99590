import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { SERVERS_OWN } from "../known";
import type { Kind, KindQuery } from "./kind";
import { text } from "./setBack";
import { AMONG, IN_SCHEMA, REPLACE_ONCE, ROUTINE } from "./sql";

type Read = Pick<KindQuery, "properties" | "boundTo">;

/** A kind of routine. A routine's name is SQL as the server quotes it: `total(integer, text)`. */
function routine(
  kind: string,
  letters: string,
  read: Read,
  from = "",
  more: Pick<Kind, "make" | "setBack"> = {},
): Kind {
  const reference = (id: ObjectId): string => `${kind.toUpperCase()} ${quoteRoutine(id)}`;
  return {
    kind,
    read: {
      catalog: "pg_proc",
      from: `${IN_SCHEMA("pg_proc", "p", "pronamespace")} ${from}`,
      // Without a range type's constructors, which belong to the type.
      where: `p.prokind IN (${letters}) AND (SELECT true FROM pg_depend i
        WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid AND i.deptype = 'i' LIMIT 1) IS NULL`,
      oid: "p.oid",
      narrow: AMONG("p.oid"),
      among: ["pg_proc"],
      schema: "n.schema",
      name: "quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'",
      owner: "p.proowner",
      acl: { column: "p.proacl", letter: "'f'" },
      ...read,
    },
    covers: ["pg_aggregate"],
    severities: { definition: "critical" },
    reference,
    // RENAME TO takes the new name without the arguments' types.
    rename: (id, name) =>
      `ALTER ${reference(id)} RENAME TO ${name.slice(0, name.lastIndexOf("("))}`,
    ...(kind === "aggregate" ? { grantedOn: (id) => `ON FUNCTION ${quoteRoutine(id)}` } : {}),
    isDisposable: true,
    ...more,
  };
}

function quoteRoutine({ schema, name }: ObjectId): string {
  return `${escapeIdentifier(schema ?? "")}.${name}`;
}

/** A function's settings as pg_get_functiondef writes them, each on a line of its own; a list of values is not split. */
const SETTINGS = (which: string): string => `(
  SELECT string_agg(' SET ' || quote_ident(split_part(s, '=', 1)) || ' TO '
      || quote_literal(substr(s, strpos(s, '=') + 1)) || E'\\n', '' ORDER BY ordinality)
    FROM unnest(p.proconfig) WITH ORDINALITY one(s, ordinality) ${which})`;

/** The definition without settings that the server made itself. */
const DEFINITION = `CASE WHEN EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s ~ '${SERVERS_OWN}')
    THEN ${REPLACE_ONCE("pg_get_functiondef(p.oid)", SETTINGS(""), `coalesce(${SETTINGS(`WHERE s !~ '${SERVERS_OWN}'`)}, '')`)}
    ELSE pg_get_functiondef(p.oid) END`;

const WRITTEN: Read = {
  properties: { definition: DEFINITION },
  boundTo: { catalog: "pg_proc", oid: "p.oid" },
};

/** A function's definition is a CREATE OR REPLACE statement that has everything but owner, comment and privileges. */
const BY_DEFINITION: Pick<Kind, "make" | "setBack"> = {
  make: (_, { definition = null }) => text(definition).trim(),
  setBack: { definition: (_, value) => text(value).trim() },
};

export const FUNCTION = routine("function", "'f', 'w'", WRITTEN, "", BY_DEFINITION);

export const PROCEDURE = routine("procedure", "'p'", WRITTEN, "", BY_DEFINITION);

export const AGGREGATE = routine(
  "aggregate",
  "'a'",
  {
    properties: {
      type: "pg_get_function_result(p.oid)",
      arguments: "pg_get_function_arguments(p.oid)",
      behaviour:
        "concat_ws(' ', p.proparallel, a.aggkind, a.aggnumdirectargs, a.aggfinalextra, a.aggfinalmodify)",
      transition: ROUTINE("a.aggtransfn"),
      final: ROUTINE("a.aggfinalfn"),
      combine: ROUTINE("a.aggcombinefn"),
      serial: ROUTINE("a.aggserialfn"),
      deserial: ROUTINE("a.aggdeserialfn"),
      state:
        "format_type(a.aggtranstype, NULL) || coalesce(nullif(' ' || a.aggtransspace, ' 0'), '')",
      initial: "a.agginitval",
      sortOperator: "CASE WHEN a.aggsortop <> 0 THEN a.aggsortop::regoperator::text END",
      movingTransition: ROUTINE("a.aggmtransfn"),
      movingInverse: ROUTINE("a.aggminvtransfn"),
      movingFinal: ROUTINE("a.aggmfinalfn"),
      moving:
        "CASE WHEN a.aggmtransfn <> 0 THEN concat_ws(' ', format_type(a.aggmtranstype, NULL), a.aggmtransspace, a.aggmfinalextra, a.aggmfinalmodify, a.aggminitval) END",
    },
  },
  "JOIN pg_aggregate a ON a.aggfnoid = p.oid",
);
