/**
 * The words of this project, as types; begin reading here. A directive's statements make steps, pending steps make a plan,
 * an approval of the plan's digest authorizes its run, and the history records what ran. This file has types only;
 * docs/architecture.md lists the folders with the code.
 */

// A directive, read: docs/sql.md.

/** One statement of a file. The slices of a file, put together, are the file, byte for byte. */
export interface Statement {
  /** From 1, in the file's order. */
  readonly number: number;
  /** The slice: the comments before the statement, the statement, and its semicolon. */
  readonly bytes: Buffer;
  /** Where the slice begins in the file, in characters from 0. */
  readonly offset: number;
  /** The same in bytes. */
  readonly start: number;
  /** The statement's entry in the lock; absent where the directive is read for its author. For an inverse without changes. */
  readonly locked?: LockedStatement;
}

/**
 * The kind of a step. `population` inserts rows; its inverse deletes those that nobody has changed since. `concurrent` is
 * CREATE INDEX CONCURRENTLY; `backfill` is one statement that runs until it changes no row: a run commits before and after
 * both. `value` is ALTER TYPE ... ADD VALUE: a run commits after it (runner/execute/units.ts).
 */
export type StepKind = "section" | "amendment" | "population" | "concurrent" | "value" | "backfill";

/** One step of a directive: it runs as a whole, has a row in the history, and has an inverse. */
export interface Step {
  /** The folder of its directive: `ad_005`. */
  readonly directive: string;
  /** Unique within the directive: `section_1`, `phase_number_unique`. */
  readonly id: string;
  readonly kind: StepKind;
  readonly title: string;
  /** Why an amendment exists; for sections the article that asks for it. */
  readonly reason: string;
  /** Optional amendments run only where the settings name them. */
  readonly required: boolean;
  /** Relative to the directive's folder. */
  readonly file: string;
  /** Of the step's own bytes: for a section its slice of directive.sql, else the whole file. */
  readonly sha256: string;
  /** A digest of its statements' parse trees, which white space and comments do not change. */
  readonly syntax: string;
  /** The sha256 of earlier bytes of this step: where those ran, the step counts as applied. */
  readonly formerly?: readonly string[];
  readonly statements: readonly Statement[];
  /** Whether it adds a value to an enum that it does not make. */
  readonly addsValue?: boolean;
  readonly bytes: Buffer;
  /** The whole file's text: messages name a place in it. */
  readonly source: string;
  /** The SQL that takes the step back; absent where none is needed or none exists. */
  readonly inverse?: Inverse;
  /** Why nothing takes the step back. */
  readonly irreversible?: string;
  /** Where the run that executes the step records who approved it. */
  readonly records?: ApprovalRecord;
  /** The directives' own objects on which it grants or revokes: the access matrix decides about those afterwards. */
  readonly grantsOn?: readonly ObjectId[];
}

/** The row, inserted by a step, in which a run records who approved it. */
export interface ApprovalRecord {
  readonly table: QualifiedName;
  /** By column, the values that identify the row. */
  readonly row: Readonly<Record<string, string>>;
  /** By column, the fixed values that are written. */
  readonly set: Readonly<Record<string, string>>;
  /** The column of the approvers' names. */
  readonly approvers: string;
  /** The column of the plan's digest, with each approval's nonce and notes. */
  readonly notes: string;
  /** The column of the time of the run. */
  readonly time: string;
}

/** The SQL that takes a step back. */
export type Inverse = Pick<Step, "file" | "sha256" | "statements" | "source">;

// What a directive's statements make, and how the catalog describes it.

/** A name with its schema; the directive's unqualified names mean public. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** A column that a directive adds to a table of others. */
export interface ColumnName {
  readonly table: QualifiedName;
  readonly column: string;
}

/** The objects that steps make, derived from their locks. */
export interface DefinedObjects {
  /** Everything that the steps do to the catalog; the lists below are of the added objects. */
  readonly change: CatalogChange;
  readonly schemas: readonly string[];
  readonly tables: readonly QualifiedName[];
  readonly views: readonly QualifiedName[];
  /** Columns added to tables that are not ours. */
  readonly columns: readonly ColumnName[];
  /** The objects, besides schemas, that access.yaml can grant on; a function's name has the types of its arguments. */
  readonly granted: readonly (QualifiedName & Pick<AccessGrant, "objectType">)[];
}

/**
 * The state of a directive's objects in a database: one entry for each object, under a key that names it
 * (`column public.file_audit.v7_target_name`), so that two snapshots can be compared object by object.
 *
 * Equal objects give equal entries on PostgreSQL 15 to 18. An owner is `<owner>` where it is the expected one.
 */
export type Snapshot = Readonly<Record<string, unknown>>;

/** The identity of a database object: a value, compared by its parts. */
export interface ObjectId {
  /** The name of its descriptor in runner/catalog/kinds: `table`, `column`, `policy`. */
  readonly kind: string;
  /** Absent where the kind has no schema (a role, a cast), or `of` has it. */
  readonly schema?: string;
  /** A function's name has the types of its arguments: `total(integer, text)`. */
  readonly name: string;
  /** The object that this one is part of, and is dropped with: a column's table, a label's type. */
  readonly of?: ObjectId;
}

/** A property's value. A list where entries are added and removed one by one: privileges, options, labels. */
export type PropertyValue = string | boolean | readonly string[] | null;

/** One object as the catalog describes it, without what differs from server to server: OIDs, positions, counts. */
export interface CatalogObject {
  readonly id: ObjectId;
  readonly properties: Readonly<Record<string, PropertyValue>>;
}

/** Everything that a statement did to the catalog, to objects of the directive and of others. */
export interface CatalogChange {
  readonly added: readonly CatalogObject[];
  readonly changed: readonly {
    readonly id: ObjectId;
    /** Null stands for an absent value. Of a list: the removed and the added entries. */
    readonly properties: Readonly<
      Record<string, { readonly from: PropertyValue; readonly to: PropertyValue }>
    >;
  }[];
  /**
   * In turn: each finds its object under the names that those before it gave. Only the renamed object itself: the ids of its
   * parts change with it and are not listed.
   */
  readonly renamed: readonly { readonly from: ObjectId; readonly to: ObjectId }[];
  readonly removed: readonly CatalogObject[];
}

// What the lock records of a statement by running it: docs/directives.md.

/** A statement's entry in the lock. */
export interface LockedStatement {
  readonly statement: number;
  /** In bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
  readonly sha256: string;
  /** The server's whole command tag, without counts: `CREATE TABLE`. */
  readonly tag: string;
  /** Whether its effect depends on the database's default privileges. */
  readonly depends?: true;
  readonly added: readonly OnSome<CatalogObject>[];
  readonly changed: readonly OnSome<CatalogChange["changed"][number]>[];
  readonly renamed: readonly OnSome<CatalogChange["renamed"][number]>[];
  readonly removed: readonly OnSome<CatalogObject>[];
  /** The objects that it changes, drops or refers to, and that no step of this directive made. */
  readonly needs: readonly OnSome<ObjectId>[];
  /** Its words and operators, also those in its string constants, that name something in pg_catalog. */
  readonly builtIns: readonly string[];
  /** The roles that it names, also in its string constants. */
  readonly roles: readonly string[];
  /** What it did to tables that existed before it. */
  readonly tables: readonly OnSome<Partial<TouchedTables>>[];
}

/** A value with the baselines on which it was found; without `on` it was found on all. `15 open`: on 15 with open defaults. */
export type OnSome<T> = T & { readonly on?: readonly string[] };

/** What a statement did to tables that existed before it. */
export interface TouchedTables {
  /** The tables that were scanned, also by a foreign key's check: `public.file_audit`. */
  readonly reads: readonly string[];
  /** The tables in which rows were inserted, updated or deleted. */
  readonly writes: readonly string[];
  /** The tables that were rewritten as a whole. */
  readonly rewrites: readonly string[];
  /** Locks that the transaction did not hold before: `public.file_audit ACCESS EXCLUSIVE`; without ACCESS SHARE. */
  readonly locks: readonly string[];
}

// Who may do what: docs/access.md.

/** The content of access.yaml: the group roles with their purposes, and every grant. */
export interface AccessMatrix {
  readonly roles: Readonly<Record<string, string>>;
  readonly grants: readonly AccessGrant[];
  /** The roles that may read the archives of a rollback, sorted. Absent: only the archives' owner may. */
  readonly archiveReaders?: readonly string[];
  /** The digest of the content, which white space and comments of the file do not change. */
  readonly sha256: string;
}

/** One grant: a role's privileges on one object, or on some of its columns. */
export interface AccessGrant {
  readonly role: string;
  /** Views count as tables, procedures and aggregates as functions, domains as types. */
  readonly objectType: "schema" | "table" | "column" | "sequence" | "function" | "type";
  readonly schema: string;
  /** Absent for a schema. A function's name has the types of its arguments: `total(integer, text)`. */
  readonly object?: string;
  /** In access.yaml's order; absent where the grant is on the whole object. */
  readonly columns?: readonly string[];
  /** PostgreSQL's words, sorted: SELECT, INSERT, UPDATE, USAGE. */
  readonly privileges: readonly string[];
}

// Plans and obstacles.

/**
 * What a plan does: applies pending steps, rolls the directives back, repairs drift, adopts objects that somebody made by
 * hand, restores an archive, or changes who may sign.
 */
export type PlanAction = "apply" | "rollback" | "repair" | "adopt" | "restore" | "trust";

/** What would run, on which target, and from which state of it. The Architect signs the plan's digest. */
export interface Plan {
  readonly kind: "v7-plan";
  readonly version: 1;
  readonly action: PlanAction;
  readonly project: string;
  readonly stack: string;
  readonly target: PlanTarget;
  /** In the order in which they run. */
  readonly steps: readonly PlannedStep[];
  /** The sha256 of the access matrix. */
  readonly access: string;
  /** The digest of all manifest.yaml and lock.json files. */
  readonly manifests: string;
  readonly base: PlanBase;
}

/** The database that a plan is for. */
interface PlanTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The cluster's identifier, from pg_control_system(); null where this login may not read it. */
  readonly systemIdentifier: string | null;
  /** A database that is dropped and created again has another OID. */
  readonly databaseOid: string;
}

/** A step in a plan: identified by its digest, without its bytes. */
export interface PlannedStep {
  readonly directive: string;
  readonly id: string;
  readonly kind: string;
  /** Of the bytes that will run. */
  readonly sha256: string;
}

/** The state that the plan was made from: a change of it makes another plan. */
interface PlanBase {
  /** The digest of the history's last row that a run wrote; null where nothing ever ran. */
  readonly historyHead: string | null;
  /** The fingerprint of the directive's objects in the database. */
  readonly fingerprint: string;
}

/** Something that prevents a run, and what to do about it. */
export interface Obstacle {
  readonly found: string;
  readonly remedy: string;
  /** Whether the run may succeed all the same (the lock is released, the event trigger does no harm): shown, not refused. */
  readonly isPassing?: boolean;
}

// Approvals: docs/approvals.md.

/** A person's decision on one plan. Its canonical JSON is signed. */
export interface Approval {
  readonly kind: "v7-approval";
  readonly version: 1;
  /** The plan's digest. */
  readonly plan: string;
  readonly action: PlanAction;
  readonly decision: "approved" | "rejected";
  /** A name in the file of allowed signers. */
  readonly approver: string;
  readonly notes: string;
  /** ISO 8601, UTC, whole seconds, as `expires`. */
  readonly issued: string;
  /** From this moment on the approval is invalid; at most 30 days after `issued`. */
  readonly expires: string;
  /** 128 random bits. A run records the nonce, so that the approval cannot be used again. */
  readonly nonce: string;
}

/** Why a plan may run: the signed approvals. Recorded with every step; empty on an unprotected database. */
export type Authorization = Readonly<Record<string, unknown>>;

// The history: docs/history.md.

/** What a row can record. The table has no constraint on it, so that a new action needs no change of the table. */
type HistoryAction = PlanAction | "revoke";

/** One row of v7_control.history: one step that ran, or a revocation. */
export interface HistoryRow {
  /** From 1, without gaps. */
  readonly position: number;
  readonly recordedAt: Date;
  readonly action: HistoryAction;
  readonly directive: string;
  readonly stepId: string;
  readonly stepKind: string;
  readonly stepSha256: string;
  readonly planDigest: string;
  readonly durationMs: number;
  readonly appliedBy: string;
  readonly serverVersion: string;
  readonly runnerVersion: string;
  /** Approvals, durations of statements and the like. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly previousDigest: string;
  readonly digest: string;
}

/** A lock that a run held on a table that existed before: other sessions wait for it. */
export interface HeldLock {
  /** `public.file_audit` */
  readonly relation: string;
  /** PostgreSQL's words: `ACCESS EXCLUSIVE`. */
  readonly mode: string;
  /** The step whose statement took it. */
  readonly takenBy: string;
  /** From that statement's start to the commit. */
  readonly heldMs: number;
  /** Whether readers wait for it. */
  readonly blocksReads: boolean;
  /** Whether writers wait for it. */
  readonly blocksWrites: boolean;
}

// Connections.

/** Where a database is and who logs in. Never printed as it is: `describeTarget` gives the part that may be shown. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly user: string;
  readonly password: string;
  /** Default: `verify-full`. */
  readonly sslMode?: SslMode;
  /** PEM text of the certificate authority; default: the system's. */
  readonly caCertificate?: string;
}

/** How a connection is encrypted, and what of the server's certificate is verified: libpq's words. */
export type SslMode = "disable" | "require" | "verify-ca" | "verify-full";
