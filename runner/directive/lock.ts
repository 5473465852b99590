import type { LockedStatement, StepKind } from "../model";
import type { PostgresMajor } from "../postgres/majors";

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
  /** A digest of what its statements say, whatever their white space and comments. */
  readonly syntax: string;
  /**
   * How it is taken back: by its inverse, which was run and left nothing (`proved`); by those of other steps, with whose
   * objects goes what this one did (`with`); not at all, for the manifest's reason (`never`).
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
 * What a directive is tried on: a server of one major. `open`: with Supabase's default privileges, which give whatever is
 * made to the API roles; `closed`: without them.
 */
export interface Baseline {
  readonly major: PostgresMajor;
  readonly defaults: Defaults;
}

/** The login that a directive is locked as, production's runner's: what it makes is its own. */
export const LOCKED_BY = "postgres";

export type Defaults = "open" | "closed";
