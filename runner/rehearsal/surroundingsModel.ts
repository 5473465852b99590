import type { EventTrigger } from "../catalog/eventTriggers";
import type { ObjectId, QualifiedName } from "../model";
import type { StandIn } from "./standIns";

/** The part of the target that a rehearsal rebuilds: everything that the directives' statements may use. */
export interface Surroundings {
  readonly serverVersion: string;
  readonly major: number;
  readonly login: string;
  /** The role that runs the plan: the login, or the tables' owner where the login may not alter them. */
  readonly runsAs: string;
  readonly databaseOwner: string;
  readonly roles: readonly SurroundingRole[];
  readonly memberships: readonly Membership[];
  readonly schemas: readonly { readonly name: string; readonly owner: string }[];
  readonly extensions: readonly { readonly name: string; readonly schema: string }[];
  readonly enums: readonly {
    readonly schema: string;
    readonly name: string;
    readonly owner: string;
    readonly labels: readonly string[];
  }[];
  readonly domains: readonly {
    readonly schema: string;
    readonly name: string;
    readonly owner: string;
    readonly base: string;
    readonly notNull: boolean;
    /** The default itself is not rebuilt. */
    readonly hasDefault: boolean;
    readonly checks: readonly { readonly name: string; readonly expression: string }[];
  }[];
  readonly tables: readonly SurroundingTable[];
  readonly standIns: readonly StandIn[];
  readonly publications: readonly {
    readonly name: string;
    readonly owner: string;
    /** Those that the steps name. */
    readonly tables: readonly QualifiedName[];
  }[];
  /** Parts of tables that the steps need: they get stand-ins where they cannot be rebuilt. */
  readonly neededParts: readonly ObjectId[];
  /** What the steps need of others and has code: of it only the outside is rebuilt. */
  readonly neededCode: readonly ObjectId[];
  readonly grants: readonly SurroundingGrant[];
  /** They are only named, never rebuilt. */
  readonly eventTriggers: readonly EventTrigger[];
}

interface SurroundingRole {
  readonly name: string;
  /** On the target; on the throwaway server it is an ordinary role. */
  readonly isSuperuser: boolean;
  readonly inherits: boolean;
}

interface Membership {
  readonly role: string;
  readonly member: string;
  readonly isAdmin: boolean;
  /** Null on PostgreSQL 15, which has no such options. */
  readonly inherits: boolean | null;
  readonly mayset: boolean | null;
}

export interface SurroundingTable {
  readonly name: QualifiedName;
  /** The table's name in the server's own definitions. */
  readonly reference: string;
  readonly owner: string;
  readonly columns: readonly SurroundingColumn[];
  readonly constraints: readonly SurroundingConstraint[];
  /** Indexes that belong to no constraint, with the server's own CREATE INDEX. */
  readonly indexes: readonly { readonly name: string; readonly definition: string }[];
  /** Triggers, policies, rules: only their names; they get stand-ins where the plan needs them. */
  readonly others: readonly { readonly kind: string; readonly name: string }[];
  /** What follows PARTITION BY, for a table with partitions. */
  readonly partitionKey: string | null;
  /** What follows a partition's name in ATTACH PARTITION. */
  readonly bound: string | null;
  /** The table of which it is a partition, or those from which it inherits, in their order. */
  readonly parents: readonly QualifiedName[];
  /** The estimate of the statistics, or where there is none a count of up to a million; null where both are unknown. */
  readonly rows: number | null;
}

export interface SurroundingConstraint {
  readonly name: string;
  /** Whether it would stay if the table inherited from no other one. */
  readonly isLocal: boolean;
  /** PostgreSQL's letter: p primary key, u unique, c check, f foreign key, x exclusion; or `period`. */
  readonly type: string;
  readonly columns: readonly string[];
  /** A check's expression. */
  readonly expression: string | null;
  /** A foreign key's definition. */
  readonly foreignKey?: string | null;
  /** The definition from a lock, where applied steps changed it. It is trusted, unlike an expression of the target. */
  readonly definition?: string;
}

export interface SurroundingColumn {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
  readonly default: string | null;
  /** `s` stored, `v` virtual, or nothing. */
  readonly generated: string;
  readonly identity: string;
  /** Whether it would stay if the table inherited from no other one. */
  readonly isLocal: boolean;
  readonly isEnum: boolean;
  /** The average width in bytes, where statistics have it. */
  readonly width: number | null;
}

/** A privilege on the database, a schema or a table, or a default privilege. */
export interface SurroundingGrant {
  readonly kind: "database" | "schema" | "table" | "default";
  readonly schema: string | null;
  readonly object: string | null;
  /** For default privileges: the role that makes the new objects. */
  readonly owner: string;
  /** PostgreSQL's letter: d, r, S, f, T, n. */
  readonly objectType: string;
  readonly grantee: string | null;
  readonly privilege: string;
  readonly isGrantable: boolean;
}
