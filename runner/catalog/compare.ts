import { canonicalJson } from "../base/canonicalJson";
import { ownValue } from "../base/ownValue";
import { visible } from "../base/visible";
import type { Snapshot } from "../model";

/** One object that is not as it should be. */
export interface Difference {
  /** The snapshot's key: `column public.file_audit.v7_target_name`. */
  readonly object: string;
  readonly kind: "missing" | "unexpected" | "changed";
  /** For `changed`: the properties that differ, as `type: varchar(500) -> text`. */
  readonly details: readonly string[];
}

/** Expected against live, object by object, sorted by object. Equal snapshots have no differences. */
export function compareSnapshots(expected: Snapshot, live: Snapshot): readonly Difference[] {
  const keys = [...new Set([...Object.keys(expected), ...Object.keys(live)])].sort();
  return keys.flatMap((object): Difference[] => {
    if (!(object in live)) {
      return [{ object, kind: "missing", details: [] }];
    }
    if (!(object in expected)) {
      return [{ object, kind: "unexpected", details: [] }];
    }
    const details = changedProperties(expected[object], live[object]);
    return details.length === 0 ? [] : [{ object, kind: "changed", details }];
  });
}

/**
 * As {@link compareSnapshots}, made readable: of a schema that is missing the schema alone is named, of a table that is missing or unexpected the table, not each of
 * its columns, constraints and indexes; columns in another order are one difference of their table
 * (`column order public.file_audit`), and a column that is missing does not make those behind it differ.
 */
export function compareCatalogs(expected: Snapshot, live: Snapshot): readonly Difference[] {
  const differences = compareSnapshots(withoutPositions(expected), withoutPositions(live));
  const whole = new Set(
    differences
      .filter(({ kind }) => kind !== "changed")
      .map(({ object }) => relationNamed(object))
      .filter((name) => name !== undefined),
  );
  const gone = differences.flatMap(({ object, kind }) =>
    kind === "missing" ? (/^schema (.*)$/.exec(object)?.slice(1) ?? []) : [],
  );
  return [
    ...differences.filter(({ object, kind }) => {
      if (gone.some((schema) => schemaOf(object) === schema)) {
        return false;
      }
      const parent = parentOf(object, kind === "missing" ? expected[object] : live[object]);
      return kind === "changed" || parent === undefined || !whole.has(parent);
    }),
    ...columnOrders(expected, live),
  ];
}

/** The relation that a key names: `public.t` for `table public.t`; undefined for anything that is on one. */
export function relationNamed(object: string): string | undefined {
  return /^(?:table|view|materialized view|partitioned table|foreign table|sequence|relation) (.*)$/.exec(
    object,
  )?.[1];
}

/**
 * The relation that an object is on: `public.t` for `column public.t.c`; an index's key does not name it, its definition does.
 * The names of our relations have no dot; that of somebody's column may.
 */
export function parentOf(object: string, value: unknown): string | undefined {
  const on = /^(?:column|constraint|trigger|rule|policy) ([^.]+\.[^.]+)\./.exec(object)?.[1];
  if (on !== undefined) {
    return on;
  }
  const privileges = /^privileges (?:table (.*)|column ([^.]+\.[^.]+)\..*)$/.exec(object);
  if (privileges !== null) {
    return privileges[1] ?? privileges[2];
  }
  return object.startsWith("index ")
    ? / ON (?:ONLY )?(\S+) USING /.exec(
        String((value as { definition?: unknown } | undefined)?.definition),
      )?.[1]
    : /^(?:statistics|publication) .* (?:on|of) (.*)$/.exec(object)?.[1];
}

/** The schema of a table, view or function; undefined of anything else. */
function schemaOf(object: string): string | undefined {
  const name = relationNamed(object) ?? /^function (.*)$/.exec(object)?.[1];
  return name?.slice(0, name.indexOf("."));
}

function withoutPositions(snapshot: Snapshot): Snapshot {
  return Object.fromEntries(
    Object.entries(snapshot).map(([key, value]) => {
      if (!key.startsWith("column ") || !isRecord(value)) {
        return [key, value];
      }
      const rest = Object.entries(value).filter(([name]) => name !== "position");
      return [key, Object.fromEntries(rest)];
    }),
  );
}

function columnOrders(expected: Snapshot, live: Snapshot): Difference[] {
  const wanted = columnsByRelation(expected);
  const found = columnsByRelation(live);
  return [...wanted].flatMap(([relation, columns]): Difference[] => {
    const present = found.get(relation) ?? [];
    const from = columns.filter((column) => present.includes(column));
    const to = present.filter((column) => columns.includes(column));
    return from.join() === to.join()
      ? []
      : [
          {
            object: `column order ${relation}`,
            kind: "changed",
            details: [`${from.join(", ")} -> ${to.join(", ")}`],
          },
        ];
  });
}

/** By relation, its columns of the snapshot, in order. */
export function columnsByRelation(snapshot: Snapshot): ReadonlyMap<string, readonly string[]> {
  const columns = new Map<string, { name: string; position: number }[]>();
  for (const [key, value] of Object.entries(snapshot)) {
    const match = /^column ([^.]+\.[^.]+)\.(.*)$/.exec(key);
    if (match !== null && isRecord(value)) {
      const [, relation = "", name = ""] = match;
      const entry = { name, position: Number(value["position"]) };
      columns.set(relation, [...(columns.get(relation) ?? []), entry]);
    }
  }
  return new Map(
    [...columns].map(([relation, entries]) => [
      relation,
      entries.sort((a, b) => a.position - b.position).map(({ name }) => name),
    ]),
  );
}

/** A line a difference, for a user's eyes and for the stack's output `drift`. */
export function formatDifference({ object, kind, details }: Difference): string {
  return visible(
    details.length === 0 ? `${kind}: ${object}` : `${kind}: ${object} (${details.join("; ")})`,
  );
}

function changedProperties(expected: unknown, live: unknown): string[] {
  if (canonicalJson(expected) === canonicalJson(live)) {
    return [];
  }
  if (!isRecord(expected) || !isRecord(live)) {
    return [`${shorten(expected)} -> ${shorten(live)}`];
  }
  return [...new Set([...Object.keys(expected), ...Object.keys(live)])]
    .sort()
    .map((name) => ({ name, from: ownValue(expected, name), to: ownValue(live, name) }))
    .filter(({ from, to }) => canonicalJson(from ?? null) !== canonicalJson(to ?? null))
    .map(({ name, from, to }) => `${name}: ${shorten(from)} -> ${shorten(to)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shorten(value: unknown): string {
  const text =
    typeof value === "string" ? value : value === undefined ? "nothing" : canonicalJson(value);
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
