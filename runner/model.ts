/**
 * The words of this project, as types; begin here. A directive's statements make steps, pending steps make a plan, an
 * approval of the plan's digest authorizes its run, and the history keeps what ran. Types alone: what makes them and works
 * with them is in the folders, docs/architecture.md.
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
  /** What the directive's lock says of it; absent while its author is at work. Of an inverse not what it does. */
  readonly locked?: LockedStatement;
}

/**
 * What a step is. `population`: rows; its inverse takes back those that nobody has changed since. Of the others the
 * runner/execute/units.ts commits around `concurrent`, CREATE INDEX CONCURRENTLY, and `backfill`, one statement that runs
 * again and again until it changes no row; and behind `value`, ALTER TYPE ... ADD VALUE.
 */
export type StepKind = "section" | "amendment" | "population" | "concurrent" | "value" | "backfill";

/** One step of a directive: what runs as a whole, is recorded in history, and has an inverse. */
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
  /** Of what its statements say, whatever their white space and comments. */
  readonly syntax: string;
  /** Of bytes that ran under this id before: where they ran, the step has been applied. */
  readonly formerly?: readonly string[];
  readonly statements: readonly Statement[];
  /** Whether it adds a value to an enum that it does not make. */
  readonly addsValue?: boolean;
  readonly bytes: Buffer;
  /** The whole file's text: messages name a place in it. */
  readonly source: string;
  /** The SQL that takes the step back; absent where nothing needs to be. */
  readonly inverse?: Inverse;
  /** Why nothing takes it back. */
  readonly irreversible?: string;
  /** Where the run that executes it says who approved that. */
  readonly records?: ApprovalRecord;
}

/** The row, which a step makes, in which a run says who approved it. */
export interface ApprovalRecord {
  readonly table: QualifiedName;
  /** By column, the values that find the row. */
  readonly row: Readonly<Record<string, string>>;
  /** By column, what is written, whoever approved. */
  readonly set: Readonly<Record<string, string>>;
  /** The column of the approvers' names. */
  readonly approvers: string;
  /** The column of the plan's digest, with each approval's nonce and notes. */
  readonly notes: string;
  /** The column of the time of the run. */
  readonly time: string;
}

/** The SQL that takes a step back. */
export interface Inverse {
  readonly file: string;
  readonly sha256: string;
  readonly statements: readonly Statement[];
  readonly source: string;
}

// What its statements define, and what the catalog holds of it.

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

/** What a directive's steps bring into being, by their locks: nobody keeps a second list of it. */
export interface DefinedObjects {
  /** All that they do to the catalog; the lists below are of its added objects. */
  readonly change: CatalogChange;
  readonly schemas: readonly string[];
  readonly tables: readonly QualifiedName[];
  readonly views: readonly QualifiedName[];
  /** Columns added to tables that are not ours. */
  readonly columns: readonly ColumnName[];
  /** What access.yaml can grant on as a whole, beside schemas; a function's name with the types of its arguments. */
  readonly granted: readonly (QualifiedName & Pick<AccessGrant, "objectType">)[];
}

/**
 * What is in the database of a directive's objects: one entry an object, under a key that names it
 * (`column public.file_audit.v7_target_name`), so that two snapshots are compared object by object.
 *
 * Equal objects give equal entries on PostgreSQL 15 to 18. The owner is `<owner>` where it is the expected one.
 */
export type Snapshot = Readonly<Record<string, unknown>>;

/** Which object of a database: a value, compared by its parts. */
export interface ObjectId {
  /** The name of its descriptor in runner/catalog/kinds: `table`, `column`, `policy`. */
  readonly kind: string;
  /** Absent where the kind has none: a role, a cast; and where `of` says it. */
  readonly schema?: string;
  /** Of a function with the types of its arguments: `total(integer, text)`. */
  readonly name: string;
  /** What it is on, and goes with: a column's table, a label's type. */
  readonly of?: ObjectId;
}

/** A property's value as text; a list of them where each entry is added and removed by itself: privileges, options, labels. */
export type PropertyValue = string | boolean | readonly string[] | null;

/** One object as the catalog holds it, without anything that is another server's business: OIDs, positions, counts. */
export interface CatalogObject {
  readonly id: ObjectId;
  readonly properties: Readonly<Record<string, PropertyValue>>;
}

/** What a statement did to the catalog, whoever's the objects are; nothing is left out. */
export interface CatalogChange {
  readonly added: readonly CatalogObject[];
  readonly changed: readonly {
    readonly id: ObjectId;
    /** Of an absent value: null. Of a list: the entries that went, and those that came. */
    readonly properties: Readonly<
      Record<string, { readonly from: PropertyValue; readonly to: PropertyValue }>
    >;
  }[];
  /** The root alone: what is `of` it follows. */
  readonly renamed: readonly { readonly from: ObjectId; readonly to: ObjectId }[];
  readonly removed: readonly CatalogObject[];
}

// What a statement does, found out by doing it: docs/directives.md.

/** A statement, and the lines that say what it did. */
export interface LockedStatement {
  readonly statement: number;
  /** In bytes of the file. */
  readonly offset: number;
  readonly length: number;
  readonly sha256: string;
  /** The server's whole command tag, without counts: `CREATE TABLE`. */
  readonly tag: string;
  /** Whether what it does depends on what is there: on default privileges. What it leaves is known at its step's end. */
  readonly depends?: true;
  readonly added: readonly OnSome<CatalogObject>[];
  readonly changed: readonly OnSome<CatalogChange["changed"][number]>[];
  readonly renamed: readonly OnSome<CatalogChange["renamed"][number]>[];
  readonly removed: readonly OnSome<CatalogObject>[];
  /** What it needs of others: what it changes, takes away or refers to, and no step of this directive made. */
  readonly needs: readonly OnSome<ObjectId>[];
  /** Its words and operators, those in its texts too, that name something in pg_catalog. */
  readonly builtIns: readonly string[];
  /** The roles that it names, in its texts too. */
  readonly roles: readonly string[];
  /** The tables that were there before it, and what it did to them. */
  readonly tables: readonly OnSome<Partial<TouchedTables>>[];
}

/** Where not on every server: on which. `15`, `open`, `15 open`: on those of which each word is true. */
export type OnSome<T> = T & { readonly on?: readonly string[] };

/** What a statement did to the tables that were there before it. */
export interface TouchedTables {
  /** Scanned, by a foreign key's check too: `public.file_audit`. */
  readonly reads: readonly string[];
  /** Rows added, changed or deleted; how many is the data's business. */
  readonly writes: readonly string[];
  /** Written anew as a whole. */
  readonly rewrites: readonly string[];
  /** First taken by it in the transaction, `public.file_audit ACCESS EXCLUSIVE`; not ACCESS SHARE, which every reader takes. */
  readonly locks: readonly string[];
}

// Who may do what: docs/access.md.

/** sql/<directive>/access.yaml, read: the group roles with what they are for, and every grant. */
export interface AccessMatrix {
  readonly roles: Readonly<Record<string, string>>;
  readonly grants: readonly AccessGrant[];
  /** Who reads the archives that a rollback makes, sorted. Absent: nobody but their owner. */
  readonly archiveReaders?: readonly string[];
  /** The sha256 of the matrix's meaning: white space and comments of the file do not count. */
  readonly sha256: string;
}

/** One grant: a role's privileges on one object, on the whole of it or on some of its columns. */
export interface AccessGrant {
  readonly role: string;
  /** A view is a table here; a procedure and an aggregate are functions, a domain is a type. */
  readonly objectType: "schema" | "table" | "column" | "sequence" | "function" | "type";
  readonly schema: string;
  /** Absent for a schema. Of a function with the types of its arguments: `total(integer, text)`. */
  readonly object?: string;
  /** In the matrix's order; absent where the privilege is on the whole object. */
  readonly columns?: readonly string[];
  /** PostgreSQL's words, sorted: SELECT, INSERT, UPDATE, USAGE. */
  readonly privileges: readonly string[];
}

// What would run, and what is in its way.

/**
 * What a plan does: brings pending steps, takes the directives back, undoes drift, records what somebody made by hand,
 * brings an archive back, or changes who may sign.
 */
export type PlanAction = "apply" | "rollback" | "repair" | "adopt" | "restore" | "trust";

/** What would run, on which target, from which base. Its digest is what The Architect signs. */
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
  /** The sha256 of what says which steps there are, why, and what must be there after them. */
  readonly manifests: string;
  readonly base: PlanBase;
}

/** The database that a plan is for, as much as a database can say of which one it is. */
interface PlanTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The cluster's own number, from pg_control_system(); null where this login may not read it. */
  readonly systemIdentifier: string | null;
  /** Of the database in its cluster: another one that takes its name has another. */
  readonly databaseOid: string;
}

/** A step as a plan names it: by its digest, not by its bytes. */
export interface PlannedStep {
  readonly directive: string;
  readonly id: string;
  readonly kind: string;
  /** Of the bytes that will run. */
  readonly sha256: string;
}

/** What the plan was made on: any change of it makes another plan. */
interface PlanBase {
  /** The digest of the last row that a run wrote; null where nothing ever ran. */
  readonly historyHead: string | null;
  /** The fingerprint of the directive's objects that are there. */
  readonly fingerprint: string;
}

/** One thing that prevents a run of the directive, and what to do about it. */
export interface Obstacle {
  readonly found: string;
  readonly remedy: string;
  /** Whether the run may go through all the same (a lock that ends, code of others that runs): shown, and not refused. */
  readonly isPassing?: boolean;
}

// Who allows it: docs/approvals.md.

/** What a person says about one plan. Its canonical JSON is what is signed. */
export interface Approval {
  readonly kind: "v7-approval";
  readonly version: 1;
  /** The plan's digest. */
  readonly plan: string;
  readonly action: PlanAction;
  readonly decision: "approved" | "rejected";
  /** A name of the allowed signers. */
  readonly approver: string;
  readonly notes: string;
  /** ISO 8601, UTC, whole seconds, as `expires`. */
  readonly issued: string;
  /** At this moment it no longer holds; at most 30 days after `issued`. */
  readonly expires: string;
  /** 128 random bits; consumed by the run that it allows. */
  readonly nonce: string;
}

/** Why a plan may run: what was signed, by whom. Recorded with every step; empty on an unprotected database. */
export type Authorization = Readonly<Record<string, unknown>>;

// What ran: docs/history.md.

/** What a row can record. The table itself lists none: a new verb must not have to alter it. */
type HistoryAction = PlanAction | "revoke";

/** One row of v7_control.history: one step that ran, or a no. */
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
  /** Anything else worth keeping: approvals, statement durations. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly previousDigest: string;
  readonly digest: string;
}

/** A lock on a table that was there before: others wait for it. */
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

// Where it runs.

/** Where a database is and who logs in. Never printed: `describeTarget` says what may be. */
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
