import type { LockedStatement, StepKind } from "../model";
import type { PostgresMajor } from "../postgres/majors";

/**
 * sql/<directive>/lock.json: what a directive does, recorded by running it on throwaway servers. The same files always
 * give the same lock, byte for byte. docs/directives.md explains it.
 */
export interface Lock {
  readonly version: 1;
  readonly directive: string;
  /** The earlier directives on top of which the lock was made: by directive, the digest of its files. */
  readonly after: Readonly<Record<string, string>>;
  /** The sha256 of each file of SQL, by its name. */
  readonly files: Readonly<Record<string, string>>;
  /** Including the optional ones, in the order in which they run. */
  readonly steps: readonly LockedStep[];
}

export interface LockedStep {
  readonly step: string;
  readonly kind: StepKind;
  readonly required: boolean;
  readonly file: string;
  /** A digest of its statements' parse trees, which white space and comments do not change. */
  readonly syntax: string;
  /**
   * How the step is taken back. `proved`: by its inverse, which ran after the step and left the database as it was before.
   * `with`: by the inverses of other steps, since what it did is dropped with their objects. `never`: not at all, for the
   * reason in manifest.yaml.
   */
  readonly inverse:
    | {
        readonly file: string;
        readonly proof: "proved";
        readonly statements: readonly LockedStatement[];
      }
    | { readonly proof: "with"; readonly steps: readonly string[] }
    | { readonly proof: "never"; readonly reason: string };
  readonly statements: readonly LockedStatement[];
}

/**
 * A server that a directive is tried on. `open`: with Supabase's default privileges, which grant every new object to the
 * API roles; `closed`: without them.
 */
export interface Baseline {
  readonly major: PostgresMajor;
  readonly defaults: Defaults;
}

/** The login that runs a directive for its lock, as in production; it owns every object that the directive makes. */
export const LOCKED_BY = "postgres";

export type Defaults = "open" | "closed";
