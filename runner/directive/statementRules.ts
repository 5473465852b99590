import { fault } from "../base/fault";
import { secretsIn } from "../base/redaction";
import { outsideTransactions } from "../sql/outsideTransactions";
import { placeOfStatement } from "../sql/statementFault";
import { sliceStatements, type ParsedStatement } from "../sql/statements";
import type { TreeNode } from "../sql/tree";

/** Statements about the session, the server or another machine: a directive may not run them. */
const REFUSED: Readonly<Record<string, string>> = {
  AlterDatabaseSetStmt: "ALTER DATABASE",
  AlterDatabaseStmt: "ALTER DATABASE",
  AlterRoleSetStmt: "ALTER ROLE ... SET",
  AlterSubscriptionStmt: "ALTER SUBSCRIPTION",
  CheckPointStmt: "CHECKPOINT",
  CopyStmt: "COPY",
  DeallocateStmt: "DEALLOCATE",
  DiscardStmt: "DISCARD",
  ExecuteStmt: "EXECUTE",
  ListenStmt: "LISTEN",
  LoadStmt: "LOAD",
  PrepareStmt: "PREPARE",
  UnlistenStmt: "UNLISTEN",
};

/** Functions that change the session's settings or advisory locks, on which the runner relies. */
const SESSION_FUNCTIONS =
  /^(?:set_config|pg_advisory_(?:un)?lock(?:_shared|_all)?|pg_try_advisory_lock(?:_shared)?)$/;

/** Such statements and calls in the text of a DO block, which the parser does not parse. */
const IN_BLOCK =
  /(?:^|;|\$|\b(?:BEGIN|THEN|ELSE|LOOP|EXECUTE\s+(?:(?:pg_catalog\.)?format\s*\(\s*)?E?'))\s*(SET|RESET|COPY|DISCARD|LISTEN|UNLISTEN|LOAD|VACUUM|CHECKPOINT|DEALLOCATE|ALTER\s+SYSTEM|ALTER\s+DATABASE)\b|\b(set_config|pg_advisory_(?:un)?lock\w*|pg_try_advisory_lock\w*)\s*\(/i;

/**
 * Cuts a directive's file into statements with PostgreSQL's parser: for its author, while there is no lock.
 *
 * @throws SQL_UNPARSABLE, MANIFEST_INVALID where a statement is not a directive's to run
 */
export async function cutByParser(
  directive: string,
  name: string,
  file: Buffer,
): Promise<readonly ParsedStatement[]> {
  const statements = await sliceStatements(`sql/${directive}/${name}`, file);
  const text = file.toString("utf8");
  refuseForeignStatements(statements, (statement) => {
    const { line, column } = placeOfStatement(text, statement);
    return `reading "sql/${directive}/${name}" at ${String(line)}:${String(column)}`;
  });
  return statements;
}

/**
 * Refuses statements that a directive may not run. It may change objects and rows, in the runner's one transaction and
 * session; it may not end that transaction, change the session's settings, become another role, reach outside of the
 * database, or hold a secret.
 *
 * @param whereIs says where a statement is, for a message
 */
function refuseForeignStatements(
  statements: readonly ParsedStatement[],
  whereIs: (statement: ParsedStatement) => string,
): void {
  const offending = statements.find(({ kind }) => kind === "TransactionStmt");
  if (offending !== undefined) {
    throw fault("MANIFEST_INVALID", {
      what: whereIs(offending),
      found: `transaction control in statement ${String(offending.number)}`,
      expected: "none: the runner opens and ends the one transaction",
      remedy: "Take BEGIN, COMMIT, ROLLBACK and SAVEPOINT out of the file",
    });
  }
  for (const statement of statements) {
    const found = foreignStatement(statement);
    if (found !== undefined) {
      throw fault("MANIFEST_INVALID", {
        what: whereIs(statement),
        found: `${found} in statement ${String(statement.number)}`,
        expected:
          "a statement that changes objects or rows: the session, its settings and the server are not a directive's",
        remedy:
          "Take it out of the file; settings of a run are the stack's, docs/sql.md says which statements are refused",
      });
    }
    const secret = secretIn(statement);
    if (secret !== undefined) {
      throw fault("MANIFEST_INVALID", {
        what: whereIs(statement),
        found: `${secret} in statement ${String(statement.number)}`,
        expected: "none: the repository, the packet and the server's log would show it",
        remedy:
          "Take it out of the file, and change it where it is in use; somebody sets it on the server by hand, or v7:logins has its verifier",
      });
    }
  }
}

/** What a statement holds that is or may be a secret, for a message. */
function secretIn({ node, bytes }: ParsedStatement): string | undefined {
  const { CreateUserMappingStmt: made, AlterUserMappingStmt: altered } = node as TreeNode;
  if ((made ?? altered)?.options !== undefined) {
    // Each wrapper has its own names for the login and the password that they are.
    return "the options of a user mapping";
  }
  return secretsIn(bytes.toString("utf8")).length > 0
    ? "a password, a key or a connection string with one"
    : undefined;
}

/** The name in SQL of a statement that a directive may not run; undefined where it may. */
function foreignStatement({ kind, node, bytes }: ParsedStatement): string | undefined {
  const setting = (node as TreeNode).VariableSetStmt;
  if (setting !== undefined) {
    return settingName(setting);
  }
  const outside = outsideTransactions(node);
  // Steps of kind `concurrent` may hold it; expectKind checks that.
  if (outside !== undefined && outside !== "CREATE INDEX CONCURRENTLY") {
    return outside;
  }
  if (kind === "DoStmt") {
    const [, word, call] = IN_BLOCK.exec(withoutComments(bytes.toString("utf8"))) ?? [];
    const found = word?.toUpperCase().replace(/\s+/g, " ") ?? (call && `${call.toLowerCase()}()`);
    return found && `${found} in a DO block`;
  }
  const call = calledFunctions(node).find((one) => SESSION_FUNCTIONS.test(one));
  return REFUSED[kind] ?? (call && `${call}()`);
}

function settingName({ kind, name = "" }: NonNullable<TreeNode["VariableSetStmt"]>): string {
  if (kind === "VAR_RESET_ALL") {
    return "RESET ALL";
  }
  const words = name === "session_authorization" || name === "role" ? name.toUpperCase() : name;
  return `${kind === "VAR_RESET" ? "RESET" : "SET"} ${words.replace("_AUTH", " AUTH")}`;
}

/** The names, without a schema, of all functions that are called anywhere in the tree. */
function calledFunctions(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const { funcname } = value as { readonly funcname?: readonly TreeNode[] };
  const last = funcname?.at(-1)?.String?.sval;
  const own = last === undefined ? [] : [last];
  return [...own, ...Object.values(value).flatMap(calledFunctions)];
}

function withoutComments(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
}
