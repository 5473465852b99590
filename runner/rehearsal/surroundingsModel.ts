import type { EventTrigger } from "../catalog/eventTriggers";
import type { ObjectId, QualifiedName } from "../model";
import type { StandIn } from "./standIns";

/** What a rehearsal rebuilds of the target: everything that the directives' statements can meet there. */
export interface Surroundings {
  readonly serverVersion: string;
  readonly major: number;
  /** Who connects. */
  readonly login: string;
  /** Who runs the plan: the login, or the owner of the tables where the login may not alter them, as one that only reads. */
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
    /** It is not rebuilt: rows are made up without. */
    readonly hasDefault: boolean;
    readonly checks: readonly { readonly name: string; readonly expression: string }[];
  }[];
  readonly tables: readonly SurroundingTable[];
  readonly standIns: readonly StandIn[];
  /** What is on a table and the steps need: where it cannot be rebuilt, something of its name is there. */
  readonly neededParts: readonly ObjectId[];
  /** What the steps need of others and has code: of it only the outside is rebuilt. */
  readonly neededCode: readonly ObjectId[];
  readonly grants: readonly SurroundingGrant[];
  /** Code of the target's that runs at commands: named, never rebuilt. */
  readonly eventTriggers: readonly EventTrigger[];
}

interface SurroundingRole {
  readonly name: string;
  /** On the target; on the throwaway server nobody who comes from there is. */
  readonly isSuperuser: boolean;
  readonly inherits: boolean;
}

interface Membership {
  readonly role: string;
  readonly member: string;
  readonly isAdmin: boolean;
  /** Null until PostgreSQL 15, which has no such options. */
  readonly inherits: boolean | null;
  readonly mayset: boolean | null;
}

export interface SurroundingTable {
  readonly name: QualifiedName;
  /** As the server's own definitions name it. */
  readonly reference: string;
  readonly owner: string;
  readonly columns: readonly SurroundingColumn[];
  readonly constraints: readonly SurroundingConstraint[];
  /** Indexes that belong to no constraint, with the server's own CREATE INDEX. */
  readonly indexes: readonly { readonly name: string; readonly definition: string }[];
  /** Triggers, policies, rules: by name; rebuilt as stand-ins where the plan needs them. */
  readonly others: readonly { readonly kind: string; readonly name: string }[];
  /** As statistics estimate them, or counted up to a million where there are none; null where neither can be had. */
  readonly rows: number | null;
}

export interface SurroundingConstraint {
  readonly name: string;
  /** PostgreSQL's letter: p primary key, u unique, c check, f foreign key, x exclusion; or `period`. */
  readonly type: string;
  readonly columns: readonly string[];
  /** Of a check. */
  readonly expression: string | null;
  /** As a lock has it, where steps that ran on the target changed it: not the target's, and taken as it is. */
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
  readonly isEnum: boolean;
  /** The average width in bytes, where statistics have it. */
  readonly width: number | null;
}

/** A privilege on the database, a schema or a table, or a default privilege. */
export interface SurroundingGrant {
  readonly kind: "database" | "schema" | "table" | "default";
  readonly schema: string | null;
  readonly object: string | null;
  /** For default privileges: whose new objects. */
  readonly owner: string;
  /** PostgreSQL's letter: d, r, S, f, T, n. */
  readonly objectType: string;
  readonly grantee: string | null;
  readonly privilege: string;
  readonly isGrantable: boolean;
}
