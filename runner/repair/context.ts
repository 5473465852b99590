import { ownValue } from "../base/ownValue";
import { withoutPosition, type Difference } from "../catalog/compare";
import type { Entry } from "../catalog/entry";
import { KINDS } from "../catalog/kinds";
import { snapshotKey } from "../catalog/kinds/objectId";
import { isList } from "../catalog/propertyValue";
import type {
  AccessMatrix,
  CatalogObject,
  DefinedObjects,
  ObjectId,
  Snapshot,
  Step,
} from "../model";

/**
 * The repair of one difference.
 *
 * `additive`: only adds what is missing; on an unprotected database `pulumi up` runs it. `plan`: changes existing objects, and
 * runs as part of an approved repair plan. `manual`: a person must decide; its SQL is advice and is never run.
 */
export interface Repair {
  readonly how: "additive" | "plan" | "manual";
  /** Statements without their final semicolon, in order; empty where SQL cannot repair the difference. */
  readonly sql: readonly string[];
  /** What a person should know first. */
  readonly note?: string;
  /** Repairs run in the order of their phases: {@link PHASES}. */
  readonly phase: number;
}

/** The order of repairs. Objects are repaired in the order of their kinds, between `object` and `role`. */
export const PHASES = { rename: 0, owner: 1, object: 10, role: 900, privilege: 1000 } as const;

/** The phase of an object of this kind; a foreign key comes after the key that it refers to. */
export function phaseOf({ kind }: ObjectId, { definition }: Entry): number {
  const isForeignKey = typeof definition === "string" && definition.startsWith("FOREIGN KEY");
  return PHASES.object + KINDS.findIndex((one) => one.kind === kind) + (isForeignKey ? 0.5 : 0);
}

/** One grant of a membership. From PostgreSQL 16 on only its grantor, or a member of the grantor, can revoke it. */
export interface MembershipGrant {
  readonly group: string;
  readonly member: string;
  readonly grantor: string;
  /** Whether REVOKE has to name the grantor: from 16 on. */
  readonly isNamed: boolean;
}

/** What repairs are computed from. */
export interface RepairContext {
  /** The steps that have run: they made what is expected. */
  readonly steps: readonly Step[];
  /** What was compared: objects and privileges together. */
  readonly expected: Snapshot;
  readonly live: Snapshot;
  /** The object that each key of the two snapshots names. */
  readonly ids: ReadonlyMap<string, ObjectId>;
  /** Objects, privileges and rows of the history that differ from what is expected. Empty: no drift. */
  readonly differences: readonly Difference[];
  readonly owner: string;
  /** The access matrix of those steps. */
  readonly access: AccessMatrix;
  readonly objects: DefinedObjects;
  /** The memberships of our roles and logins, with who granted them. */
  readonly memberships: readonly MembershipGrant[];
}

export function entryOf(snapshot: Snapshot, object: string): Entry {
  const value = Object.hasOwn(snapshot, object) ? snapshot[object] : undefined;
  return typeof value === "object" && value !== null ? (value as Entry) : {};
}

/** The entry of an object of the catalog, without its position. */
export function propertiesOf(snapshot: Snapshot, id: ObjectId): CatalogObject["properties"] {
  return withoutPosition(entryOf(snapshot, snapshotKey(id))) as CatalogObject["properties"];
}

/** Properties for messages: `type integer, notNull`. */
export function inWords(
  properties: CatalogObject["properties"],
  names: readonly string[] = Object.keys(properties),
): string {
  const words = names.map((name) => {
    const value = ownValue(properties, name) ?? null;
    const said = isList(value) ? value.join(", ") : String(value ?? "nothing");
    return value === true ? name : `${name} ${said}`;
  });
  return words.join(", ");
}

export function manual(sql: readonly string[], note: string): Repair {
  return { how: "manual", sql, note, phase: 0 };
}
