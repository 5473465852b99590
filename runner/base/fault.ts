import { withoutSecrets } from "./redaction";

/**
 * Every fault that a user can meet: its code, and what the code means. docs/errors.md has a heading for each code; a test
 * compares the lists. Codes are stable: scripts may test for them.
 */
export const FAULT_CODES = {
  // settings
  SETTING_UNKNOWN: "an unknown setting",
  SETTING_INVALID: "a setting has an invalid value",
  SETTING_MISSING: "a setting that this database needs is missing",
  // files
  MANIFEST_INVALID:
    "manifest.yaml, access.yaml or lock.json is not valid, or does not match the directive's files",
  DIRECTIVE_CHANGED: "a file's digest is not the one in lock.json",
  SQL_UNPARSABLE: "PostgreSQL's own parser cannot read a file",
  DIRECTIVE_REFUSED: "a directive does what a lock cannot record, or what cannot be taken back",
  CHANGES_CONFLICT: "the catalog changes of two statements cannot be combined in their order",
  // the server
  SERVER_UNREACHABLE: "no PostgreSQL server answers at that address",
  SERVER_REFUSED: "the server refused the login",
  SERVER_UNSUPPORTED: "the directive cannot run on this server",
  SERVER_TLS: "the connection's TLS could not be verified",
  SERVER_POOLER: "the pooler gives a client no session of its own, or only one connection",
  SERVER_SILENT: "the server no longer answers on a connection",
  SERVER_LOST: "the connection broke, or the server ended it",
  // before anything runs
  REHEARSAL_FAILED: "there is no server to rehearse on, or the rehearsal was stopped",
  PRECHECK_FAILED: "the database is not in the state that the directive needs",
  APPROVAL_REQUIRED: "the database is protected, and there is no valid approval",
  STAND_IN_REFUSED: "a stand-in plugin was used on a protected database",
  // approval
  APPROVAL_REJECTED: "a trusted signer has rejected this plan",
  APPROVAL_INVALID: "an approval's signature does not verify",
  APPROVAL_EXPIRED: "the approval has expired, by the database's clock",
  APPROVAL_NOT_YET_VALID: "the approval was issued ahead of the database's clock",
  APPROVAL_USED: "the approval has been used already",
  APPROVAL_REVOKED: "the plan, the approval, or the key that signed it was revoked",
  APPROVAL_WRONG_PLAN: "there are approvals, but none for this plan",
  APPROVAL_WRONG_ACTION: "the approval names another action than its plan",
  APPROVAL_UNTRUSTED: "the approver is not a trusted signer, or signed with another's key",
  APPROVAL_SELF: "the only approver is the person who starts the run",
  APPROVAL_FILE_INVALID: "an approval, its signature or the revocation list is malformed",
  PLAN_FILE_INVALID: "a plan file is not the canonical JSON of a plan",
  SIGNERS_INVALID: "the allowed signers file does not have one name and one key a line",
  SSH_KEYGEN_MISSING: "ssh-keygen, which signs and verifies approvals, was not found",
  SIGNING_FAILED: "ssh-keygen did not sign",
  // running
  LOCK_TIMEOUT: "another session held a lock that the migration needs",
  COMMIT_UNKNOWN: "no answer to COMMIT: everything may have been committed, or nothing",
  STATEMENT_FAILED: "the server refused a statement; everything was rolled back",
  VERIFY_FAILED: "the result is not what the directive says; everything was rolled back",
  DRIFT_FOUND: "the database differs from what was approved",
  DRIFT_UNKNOWN: "drift could not be determined, because not everything could be read",
  HISTORY_BROKEN: "the history's chain of digests does not verify",
  HISTORY_HEAD_LOST: "the history lacks the row that Pulumi recorded as its last",
  HISTORY_CONFLICT: "the history has a step that ran with other bytes, or that this checkout lacks",
  ROLLBACK_BLOCKED: "other objects depend on what the rollback would drop",
  ADOPT_REFUSED: "objects that somebody made by hand differ from the directives'",
  RESTORE_REFUSED: "the archive cannot be restored as it is",
  // a database cloned from a template
  CLONE_REFUSED: "the stack's own database cannot be cloned from its template, or dropped",
  SEED_REFUSED: "the seed cannot run atomically, or this database does not accept seeds",
  COPY_REFUSED: "another stack's rows cannot be copied, or this database does not accept them",
  // the embedded server
  EMBEDDED_FAILED: "the embedded PostgreSQL could not be created, started or stopped",
  // the server in a container
  CONTAINER_FAILED: "the server in the stack's container does not start, or has other data",
  // a database per branch
  BRANCH_REFUSED: "the branch's database cannot be created or removed in its current state",
  BRANCH_FAILED: "Pulumi could not bring up or take down a branch's stack",
  BRANCH_BUSY: "another run is using the branch's stack",
  // the engine and the command
  ENGINE_MISSING: "there is no Pulumi engine, and none could be built",
  PLUGIN_MISSING: "a Pulumi plugin is missing and could not be built",
  STACK_MISSING: "there is no such stack, or it has no such output",
  DART_REFUSED: "the completion report could not be filed in the DART journal",
  FILE_REFUSED: "the operating system refused to read or write a file",
  COMMAND_INVALID: "the command line is incomplete or contradictory",
} as const;

export type FaultCode = keyof typeof FAULT_CODES;

export interface FaultParts {
  /** What failed, on which thing: `reading the manifest "sql/ad_005/manifest.yaml"`. */
  readonly what: string;
  /** What was found. */
  readonly found: string;
  /** What was expected; left out where `found` implies it. */
  readonly expected?: string;
  /** What the user should do, as a sentence without its full stop. */
  readonly remedy: string;
  /** Further lines, shown under the message: places, carets, a server's detail and hint. */
  readonly detail?: readonly string[];
  readonly cause?: unknown;
}

/** An error that a user can correct: shown as its message only, never with a stack trace. */
export class Fault extends Error {
  public readonly code: FaultCode;

  public constructor(
    code: FaultCode,
    public readonly parts: FaultParts,
  ) {
    const expected = parts.expected === undefined ? "" : `, expected ${parts.expected}`;
    const head = `${code}: ${parts.what}: found ${parts.found}${expected}. ${parts.remedy}.`;
    super(withoutSecrets([head, ...(parts.detail ?? [])].join("\n")), { cause: parts.cause });
    this.name = "Fault";
    this.code = code;
    // Pulumi's hosts print `stack` where there is one.
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

/** The message of anything thrown, without secrets, and with hidden characters made visible. */
export function messageOf(error: unknown): string {
  return withoutSecrets(error instanceof Error ? error.message : String(error));
}

/** The result of `work`; where it throws a fault, what `instead` makes of it. Other errors are bugs and stay thrown. */
export async function unlessFault<T, I>(
  work: () => Promise<T> | T,
  instead: (fault: Fault) => Promise<I> | I,
): Promise<T | I> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault) {
      return instead(error);
    }
    throw error;
  }
}
