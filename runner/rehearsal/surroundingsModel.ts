import type { DescribedCatalog } from "../catalog/describe";
import type { EventTrigger } from "../catalog/eventTriggers";
import { keyOf } from "../catalog/kinds/objectId";
import type { CatalogObject, ObjectId, QualifiedName } from "../model";

/** The part of the target that a rehearsal rebuilds: everything that the directives' statements may use. */
export interface Surroundings {
  readonly serverVersion: string;
  readonly major: number;
  readonly login: string;
  /** The role that runs the plan: the login, or the tables' owner where the login may not alter them. */
  readonly runsAs: string;
  /** As they were before the applied steps, without what the steps made; also the database and its roles. */
  readonly objects: DescribedCatalog;
  /** The parts of each object, in their order, by the object's `keyOf(id)`. */
  readonly parts: ReadonlyMap<string, readonly CatalogObject[]>;
  /** The tables among the objects. */
  readonly tables: readonly SurroundingTable[];
  /** Parts of objects that the steps need: they get stand-ins where they cannot be rebuilt. */
  readonly neededParts: readonly ObjectId[];
  /** The definitions that the target has. Others come from the steps' locks, and are trusted. */
  readonly definitions: ReadonlySet<unknown>;
  /** They are only named, never rebuilt. */
  readonly eventTriggers: readonly EventTrigger[];
}

export interface SurroundingTable extends CatalogObject {
  readonly name: QualifiedName;
  readonly owner: string;
  /** In their order. */
  readonly columns: readonly CatalogObject[];
  readonly constraints: readonly CatalogObject[];
  /** Indexes, triggers and so on. */
  readonly others: readonly CatalogObject[];
  /** What follows PARTITION BY, for a table with partitions. */
  readonly partitionKey: string | null;
  /** What follows a partition's name in ATTACH PARTITION. */
  readonly bound: string | null;
  /** The table of which it is a partition, or those from which it inherits. */
  readonly parents: readonly QualifiedName[];
  /** The estimate of the statistics, or where there is none a count of up to a million; null where both are unknown. */
  readonly rows: number | null;
  /** By column, the average width in bytes, where statistics have it. */
  readonly widths: Readonly<Record<string, number>>;
}

/** A property that is a text; null where it is absent. */
export function textOf(
  { properties }: Pick<CatalogObject, "properties">,
  name: string,
): string | null {
  const value = properties[name];
  return typeof value === "string" ? value : null;
}

/** The objects of these kinds. */
export function ofKinds({ objects }: Pick<Surroundings, "objects">, ...kinds: readonly string[]) {
  return [...objects.values()].filter(({ id }) => kinds.includes(id.kind));
}

/** An object's parts of one kind, in their order. */
export function partsOf(
  { parts }: Pick<Surroundings, "parts">,
  of: ObjectId,
  kind: string,
): readonly CatalogObject[] {
  return (parts.get(keyOf(of)) ?? []).filter(({ id }) => id.kind === kind);
}
