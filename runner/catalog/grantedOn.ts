import { escapeIdentifier } from "pg";
import { grantWord, quoteGrantedName } from "../directive/objectType";
import type { AccessMatrix, DefinedObjects } from "../model";
import { grantTargets, targetKey } from "./access";

/** What GRANT and REVOKE have behind ON. */
export interface GrantedOn {
  readonly isOwn: boolean;
  /** `TABLE` */
  readonly type: string;
  /** `"public"."t"` */
  readonly on: string;
  /** ` ("c")`; empty for what is on the whole. */
  readonly column: string;
}

/** Reads keys of the access snapshot; undefined for one that is not about privileges on what is ours or granted on. */
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

/** What a name has before each of its dots, which names may have themselves: of `public.t.c` it is `public`, `public.t`. */
function beginnings(name: string): string[] {
  return [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index));
}
