import { visible } from "./visible";

/**
 * Every fault that a user can meet: its code, and what the code means. docs/errors.md has a heading for each; a test
 * compares the two lists. Codes are stable: scripts may test for them.
 */
export const FAULT_CODES = {
  // settings
  SETTING_UNKNOWN: "a setting that is not known",
  SETTING_INVALID: "a setting's value is not one that it can have",
  SETTING_MISSING: "a setting that this database needs is not there",
  // files
  MANIFEST_INVALID: "sql/<directive>/manifest.yaml does not describe the files beside it",
  DIRECTIVE_CHANGED: "a file's bytes are not those that the manifest names",
  SQL_UNPARSABLE: "a file is not SQL that PostgreSQL's own parser reads",
  DIRECTIVE_REFUSED: "a directive that does what no lock can record, or take back",
  CHANGES_CONFLICT: "two statements whose changes of the catalog cannot be summed in their order",
  // the server
  SERVER_UNREACHABLE: "no PostgreSQL answers at that address",
  SERVER_REFUSED: "the server refused the login",
  SERVER_UNSUPPORTED: "a server that the directive cannot run on",
  SERVER_TLS: "the connection's TLS could not be verified",
  SERVER_POOLER: "a pooler that gives no session of one's own, or only one",
  SERVER_SILENT: "a server that no longer answers on a connection",
  SERVER_LOST: "a connection that broke, or that the server ended",
  // before anything runs
  REHEARSAL_FAILED: "no server to rehearse on, or a rehearsal that was stopped",
  PRECHECK_FAILED: "the database is not as the directive needs it",
  APPROVAL_REQUIRED: "a protected database, and no valid approval",
  STAND_IN_REFUSED: "a stand-in plugin met a protected database",
  // approval
  APPROVAL_REJECTED: "a trusted signer has rejected this plan",
  APPROVAL_INVALID: "an approval's signature does not hold for its bytes",
  APPROVAL_EXPIRED: "an approval whose time is over, by the database's clock",
  APPROVAL_NOT_YET_VALID: "an approval issued ahead of the database's clock",
  APPROVAL_USED: "an approval that has already allowed a run",
  APPROVAL_REVOKED: "an approval, or the key that signed it, is in the revocation list",
  APPROVAL_WRONG_PLAN: "approvals, but none for this plan",
  APPROVAL_WRONG_ACTION: "an approval that names another action than its plan's",
  APPROVAL_UNTRUSTED:
    "an approval by one who is not a trusted signer, or with a key that is not theirs",
  APPROVAL_SELF: "approved by nobody but the one who starts the run",
  APPROVAL_FILE_INVALID:
    "an approval, its signature or the revocation list is not the file that it must be",
  PLAN_FILE_INVALID: "a plan file is not the canonical JSON of a plan",
  SIGNERS_INVALID: "the allowed signers do not name persons and their keys, one a line",
  SSH_KEYGEN_MISSING: "no ssh-keygen, which signs and verifies approvals",
  SIGNING_FAILED: "ssh-keygen did not sign",
  // running
  LOCK_TIMEOUT: "another session held what the migration needs",
  COMMIT_UNKNOWN: "no answer to COMMIT: everything may have been committed, or nothing",
  STATEMENT_FAILED: "the server refused a statement; everything was rolled back",
  VERIFY_FAILED: "the database is not as the directive says; everything was rolled back",
  DRIFT_FOUND: "the database is not as it was approved",
  DRIFT_UNKNOWN: "drift detection could not look at everything: it says nothing of drift",
  HISTORY_BROKEN: "the history's chain of digests does not hold",
  HISTORY_HEAD_LOST: "the history does not hold the row that Pulumi recorded as its last",
  HISTORY_CONFLICT:
    "history says that a step ran with other bytes, or that this checkout lacks one",
  ROLLBACK_BLOCKED: "something of others depends on what the rollback would drop",
  ADOPT_REFUSED: "what somebody made by hand is not equal to the directives",
  RESTORE_REFUSED: "an archive that cannot be brought back as it is",
  // a database cloned from a template
  CLONE_REFUSED:
    "a stack's own database on a shared server cannot be cloned from its template, or dropped",
  SEED_REFUSED: "a seed that cannot run whole or not at all, or a database that takes none",
  COPY_REFUSED: "rows of another stack that cannot be copied, or a database that takes none",
  // the embedded server
  EMBEDDED_FAILED: "the embedded PostgreSQL could not be made, started or stopped",
  // the server in a container
  CONTAINER_FAILED: "the server in the stack's container does not come up, or has other data",
  // a database per branch
  BRANCH_REFUSED: "the branch's database cannot be created or removed in its current state",
  BRANCH_FAILED: "Pulumi did not bring a branch's stack up, or did not take it down",
  BRANCH_BUSY: "another run holds the branch's stack",
  // the engine and the command
  ENGINE_MISSING: "no Pulumi engine, and none could be made",
  PLUGIN_MISSING: "a Pulumi plugin that is not there and could not be made",
  STACK_MISSING: "no such stack, or it has no such output",
  DART_REFUSED: "the completion report could not be filed in the DART journal",
  COMMAND_INVALID: "the command line does not say what to do",
} as const;

export type FaultCode = keyof typeof FAULT_CODES;

export interface FaultParts {
  /** What failed, on which thing: `reading the manifest "sql/ad_005/manifest.yaml"`. */
  readonly what: string;
  /** What was found. */
  readonly found: string;
  /** What was expected; left out where the finding says it. */
  readonly expected?: string;
  /** What the user should do, as a sentence without its full stop. */
  readonly remedy: string;
  /** Further lines, shown under the message: places, carets, a server's detail and hint. */
  readonly detail?: readonly string[];
  readonly cause?: unknown;
}

/** A user's mistake or a world that is not as it should be: shown as its message alone, never with a stack trace. */
export class Fault extends Error {
  public readonly code: FaultCode;

  public constructor(
    code: FaultCode,
    public readonly parts: FaultParts,
  ) {
    const expected = parts.expected === undefined ? "" : `, expected ${parts.expected}`;
    const head = `${code}: ${parts.what}: found ${parts.found}${expected}. ${parts.remedy}.`;
    super(visible([head, ...(parts.detail ?? [])].join("\n")), { cause: parts.cause });
    this.name = "Fault";
    this.code = code;
    // Pulumi's hosts print `stack` where there is one; for a user's mistake the message is all there is to say.
    this.stack = this.message;
  }

  /** The same fault with further lines under its message. */
  public withDetail(lines: readonly string[]): Fault {
    return new Fault(this.code, {
      ...this.parts,
      detail: [...(this.parts.detail ?? []), ...lines],
    });
  }
}

/** Makes a fault of that code; throw what it returns. */
export function fault(code: FaultCode, parts: FaultParts): Fault {
  return new Fault(code, parts);
}

/** The message of anything thrown, for a user's eyes. */
export function messageOf(error: unknown): string {
  return visible(error instanceof Error ? error.message : String(error));
}
