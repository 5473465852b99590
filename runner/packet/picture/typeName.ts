import type { TypeName } from "libpg-query";
import { textsOf, type Tree } from "../../sql/tree";

/** The names that people write for those that the parser gives. */
const WRITTEN: Readonly<Record<string, string>> = {
  int2: "smallint",
  int4: "integer",
  int8: "bigint",
  float4: "real",
  float8: "double precision",
  bool: "boolean",
  bpchar: "char",
};

/** `varchar(100)[]`: short, as a directive writes it. */
export function typeName({ names = [], typmods = [], arrayBounds = [] }: Tree<TypeName>): string {
  const parts = textsOf(names);
  const isBuiltIn = parts[0] === "pg_catalog";
  const last = parts.at(-1) ?? "";
  const base = isBuiltIn || parts.length === 1 ? (WRITTEN[last] ?? last) : parts.join(".");
  const modifiers = typmods.flatMap(({ A_Const }) =>
    A_Const?.ival === undefined ? [] : [String(A_Const.ival.ival ?? 0)],
  );
  // The bits of an interval's fields come as modifiers too, and say nothing to a reader.
  const bracketed = modifiers.length === 0 || last === "interval" ? "" : `(${modifiers.join(",")})`;
  return `${base}${bracketed}${"[]".repeat(arrayBounds.length)}`;
}
