import type { CatalogChange, CatalogObject, ObjectId, StepKind } from "../model";
import type { TouchedTables } from "./touchedTables";

/**
 * sql/<directive>/lock.json: what a directive does, found out by doing it. The same files always give the same bytes;
 * docs/directives.md explains them.
 */
export interface Lock {
  readonly version: 1;
  readonly directive: string;
  /** Of the directives before, on top of which it was made: the sha256 of their files. */
  readonly after: Readonly<Record<string, string>>;
  /** The sha256 of each file of SQL, by its name. */
  readonly files: Readonly<Record<string, string>>;
  /** In the order in which they run, the optional ones too. */
  readonly steps: readonly LockedStep[];
}

export interface LockedStep {
  readonly step: string;
  readonly kind: StepKind;
  readonly required: boolean;
  readonly file: string;
  /**
   * How it is taken back: by its inverse, which was run and left nothing (`proved`); by those of other steps, with whose
   * objects goes what this one did (`with`); not at all, for the manifest's reason (`never`).
   */
  readonly inverse:
    | { readonly file: string; readonly proof: "proved" }
    | { readonly proof: "with"; readonly steps: readonly string[] }
    | { readonly proof: "never"; readonly reason: string };
  readonly statements: readonly LockedStatement[];
}

/** A statement, and the lines that say what it did. */
export interface LockedStatement {
  readonly statement: number;
  /** In bytes of the file. */
  readonly offset: number;
  readonly length: number;
  readonly sha256: string;
  readonly tag: string;
  /** Whether what it does depends on what is there: on default privileges. What it leaves is known at its step's end. */
  readonly depends?: true;
  readonly added: readonly OnSome<CatalogObject>[];
  readonly changed: readonly OnSome<CatalogChange["changed"][number]>[];
  readonly renamed: readonly OnSome<CatalogChange["renamed"][number]>[];
  readonly removed: readonly OnSome<CatalogObject>[];
  /** What it needs of others: what it changes, takes away or refers to, and no step of this directive made. */
  readonly needs: readonly OnSome<ObjectId>[];
  /** Names of pg_catalog that it uses without a schema. */
  readonly builtIns: readonly string[];
  /** The tables that were there before it, and what it did to them. */
  readonly tables: readonly OnSome<Partial<TouchedTables>>[];
}

/** Where not on every server: on which. `15`, `open`, `15 open`: on those of which each word is true. */
export type OnSome<T> = T & { readonly on?: readonly string[] };
