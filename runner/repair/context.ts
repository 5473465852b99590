import { escapeIdentifier, escapeLiteral } from "pg";
import { canonicalJson } from "../base/canonicalJson";
import { ownValue } from "../base/ownValue";
import type { Difference } from "../catalog/compare";
import type { CreatedObject } from "../directive/createdObjects";
import type { AccessMatrix, DefinedObjects, Snapshot } from "../model";

/**
 * What puts one difference right.
 *
 * `additive`: only adds what is missing; an unprotected stack's `up` runs it by itself. `plan`: changes what stands, and
 * runs as part of an approved repair plan. `manual`: a person must decide; its SQL is advice and never runs by itself.
 */
export interface Repair {
  readonly how: "additive" | "plan" | "manual";
  /** Statements without their final semicolon, in order; empty where SQL cannot put it right. */
  readonly sql: readonly string[];
  /** What a person should know first. */
  readonly note?: string;
  /** Repairs run in the order of their phases: {@link PHASES}. */
  readonly phase: number;
}

/** An object is put right before what stands on it. */
export const PHASES = {
  rename: 0,
  owner: 10,
  table: 20,
  column: 30,
  key: 40,
  foreignKey: 45,
  index: 50,
  function: 60,
  trigger: 65,
  setting: 70,
  view: 80,
  comment: 85,
  role: 88,
  privilege: 90,
} as const;

/** The properties of one entry of a snapshot. */
export type Entry = Readonly<Record<string, unknown>>;

/** One grant of a membership. From PostgreSQL 16 on only its grantor, or one who acts for it, can take it back. */
export interface MembershipGrant {
  readonly group: string;
  readonly member: string;
  readonly grantor: string;
  /** Whether REVOKE has to name the grantor: from 16 on. */
  readonly isNamed: boolean;
}

/** All that a repair is made from. */
export interface RepairContext {
  readonly created: readonly CreatedObject[];
  readonly expected: Snapshot;
  readonly live: Snapshot;
  readonly differences: readonly Difference[];
  readonly owner: string;
  readonly access: AccessMatrix;
  readonly objects: DefinedObjects;
  /** The memberships of our roles and logins, with who granted them. */
  readonly memberships: readonly MembershipGrant[];
}

export function entryOf(snapshot: Snapshot, object: string): Entry {
  const value = Object.hasOwn(snapshot, object) ? snapshot[object] : undefined;
  return typeof value === "object" && value !== null ? (value as Entry) : {};
}

/** `"public"."t"` for `public.t`. Only the first dot divides: a schema of ours has none in its name. */
export function quoteQualified(name: string): string {
  const dot = name.indexOf(".");
  return `${escapeIdentifier(name.slice(0, dot))}.${escapeIdentifier(name.slice(dot + 1))}`;
}

/** `public.t` and `c`, of `public.t.c`. */
export function splitMember(name: string): readonly [relation: string, member: string] {
  const [, relation = name, member = ""] = /^([^.]+\.[^.]+)\.(.*)$/s.exec(name) ?? [];
  return [relation, member];
}

/** The properties that differ. */
export function changedNames(expected: Entry, actual: Entry): string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(actual)])].filter(
    (name) =>
      name !== "position" &&
      canonicalJson(ownValue(expected, name) ?? null) !==
        canonicalJson(ownValue(actual, name) ?? null),
  );
}

/** The options of an entry, by name: `{ security_invoker: "on" }`. */
function optionsOf(entry: Entry): Readonly<Record<string, string>> {
  return (entry["options"] ?? {}) as Readonly<Record<string, string>>;
}

/** Statements that bring an object's options from what they are to what they should be. */
export function setOptions(
  expected: Entry,
  actual: Entry,
  alter: (action: string) => string,
): string[] {
  const quoted = (names: readonly string[]): string => names.map(escapeIdentifier).join(", ");
  const wanted = Object.entries(optionsOf(expected));
  const extra = Object.keys(optionsOf(actual)).filter((name) => !(name in optionsOf(expected)));
  return [
    ...(extra.length === 0 ? [] : [alter(`RESET (${quoted(extra)})`)]),
    ...(wanted.length === 0
      ? []
      : [
          alter(
            `SET (${wanted.map(([name, value]) => `${escapeIdentifier(name)} = ${escapeLiteral(value)}`).join(", ")})`,
          ),
        ]),
  ];
}

/** The statement of the directives that creates this object; undefined where it is made as part of another. */
export function statementFor({ created }: RepairContext, key: string): string | undefined {
  const sql = created.find((one) => one.key === key)?.sql;
  return sql?.replace(/;\s*(--[^\n]*\s*)*$/, "").replace(/^\s*\n/, "");
}

export function manual(sql: readonly string[], note: string): Repair {
  return { how: "manual", sql, note, phase: 0 };
}

/** A column's definition as ALTER TABLE takes it: `"c" text DEFAULT 'x' NOT NULL`. */
export function columnDefinition(column: string, { type, default: value, notNull }: Entry): string {
  return [
    `${escapeIdentifier(column)} ${String(type)}`,
    ...(typeof value === "string" ? [`DEFAULT ${value}`] : []),
    ...(notNull === true ? ["NOT NULL"] : []),
  ].join(" ");
}
