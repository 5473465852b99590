import type { TypeName } from "libpg-query";
import { textsOf, type Tree } from "../../sql/tree";

/** The SQL names of types, by the names that the parser returns. */
const WRITTEN: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  bpchar: "char",
};

/** The type's name as a directive writes it: `varchar(100)[]`. */
export function typeName({ names = [], typmods = [], arrayBounds = [] }: Tree<TypeName>): string {
  const parts = textsOf(names);
  const isBuiltIn = parts[0] === "pg_catalog";
  const last = parts.at(-1) ?? "";
  const base = isBuiltIn || parts.length === 1 ? (WRITTEN[last] ?? last) : parts.join(".");
  const modifiers = typmods.flatMap(({ A_Const }) =>
    A_Const?.ival === undefined ? [] : [String(A_Const.ival.ival ?? 0)],
  );
  // For an interval the parser returns its fields as bits, which mean nothing to a reader.
  const bracketed = modifiers.length === 0 || last === "interval" ? "" : `(${modifiers.join(",")})`;
  return `${base}${bracketed}${"[]".repeat(arrayBounds.length)}`;
}
