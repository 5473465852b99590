import { canonicalJson } from "./canonicalJson";
import type { Snapshot } from "./catalog";

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

/** A line a difference, for a user's eyes and for the stack's output `drift`. */
export function formatDifference({ object, kind, details }: Difference): string {
  return details.length === 0 ? `${kind}: ${object}` : `${kind}: ${object} (${details.join("; ")})`;
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

/** A role may be called `constructor`: what every object inherits is no entry. */
function ownValue(record: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
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
