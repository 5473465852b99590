import { escapeIdentifier } from "pg";
import { grantWord, quoteGrantedName } from "../directive/objectType";
import type { AccessMatrix, DefinedObjects } from "../model";
import { grantTargets, targetKey } from "./access";

/** The parts of GRANT and REVOKE that name an object. */
export interface GrantedOn {
  readonly isOwn: boolean;
  /** `TABLE` */
  readonly type: string;
  /** `"public"."t"` */
  readonly on: string;
  /** ` ("c")`; empty where the privilege is on the whole object. */
  readonly column: string;
}

/**
 * Gives a function that reads a key of the access snapshot. It returns undefined for a key that is not about privileges on
 * one of the directives' objects or of the matrix's.
 */
export function keyReader(
  access: Pick<AccessMatrix, "grants">,
  objects: DefinedObjects,
): (key: string) => GrantedOn | undefined {
  const targets = new Map(grantTargets(access, objects).map((one) => [targetKey(one), one]));
  return (key) => {
    const [, kind = "", name = ""] = /^privileges (\w+) (.*)$/s.exec(key) ?? [];
    if (kind === "schema") {
      const on = escapeIdentifier(name);
      return { isOwn: objects.schemas.includes(name), type: "SCHEMA", on, column: "" };
    }
    const isColumn = kind === "column";
    const named = isColumn ? beginnings(name).map((one) => `table ${one}`) : [`${kind} ${name}`];
    const found = named.find((one) => targets.has(one)) ?? "";
    const target = targets.get(found);
    if (target === undefined) {
      return undefined;
    }
    const { objectType, schema, name: object, isOwn } = target;
    return {
      isOwn,
      type: grantWord(objectType),
      on: quoteGrantedName({ objectType, schema, object }),
      column: isColumn ? ` (${escapeIdentifier(`table ${name}`.slice(found.length + 1))})` : "",
    };
  };
}

/** The text before each dot: `public`, `public.t` for `public.t.c`. All are tried, as names may contain dots. */
function beginnings(name: string): string[] {
  return [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index));
}
