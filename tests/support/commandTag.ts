import { parseStatement } from "../../runner/sql/expression";

/** The parts of PostgreSQL's parse tree that a command's tag depends on. */
interface Parts {
  readonly kind?: string;
  readonly objtype?: string;
  readonly objectType?: string;
  readonly renameType?: string;
  readonly removeType?: string;
  readonly is_grant?: boolean;
  readonly is_procedure?: boolean;
}

/** Command tags by the parser's name of the statement; `<object>` stands for the kind of object. */
const TAGS: Readonly<Record<string, string>> = {
  AlterDefaultPrivilegesStmt: "ALTER DEFAULT PRIVILEGES",
  AlterDomainStmt: "ALTER DOMAIN",
  AlterEnumStmt: "ALTER TYPE",
  AlterOwnerStmt: "ALTER <object>",
  AlterPolicyStmt: "ALTER POLICY",
  AlterSeqStmt: "ALTER SEQUENCE",
  AlterTableStmt: "ALTER <object>",
  CallStmt: "CALL",
  CommentStmt: "COMMENT",
  CompositeTypeStmt: "CREATE TYPE",
  CreateDomainStmt: "CREATE DOMAIN",
  CreateEnumStmt: "CREATE TYPE",
  CreateExtensionStmt: "CREATE EXTENSION",
  CreatePolicyStmt: "CREATE POLICY",
  CreateRoleStmt: "CREATE ROLE",
  CreateSchemaStmt: "CREATE SCHEMA",
  CreateSeqStmt: "CREATE SEQUENCE",
  CreateStatsStmt: "CREATE STATISTICS",
  CreateStmt: "CREATE TABLE",
  CreateTableAsStmt: "SELECT",
  CreateTrigStmt: "CREATE TRIGGER",
  DeleteStmt: "DELETE",
  DoStmt: "DO",
  DropStmt: "DROP <object>",
  IndexStmt: "CREATE INDEX",
  InsertStmt: "INSERT",
  LockStmt: "LOCK TABLE",
  MergeStmt: "MERGE",
  NotifyStmt: "NOTIFY",
  RenameStmt: "ALTER <object>",
  RuleStmt: "CREATE RULE",
  SelectStmt: "SELECT",
  TruncateStmt: "TRUNCATE TABLE",
  UpdateStmt: "UPDATE",
  VacuumStmt: "ANALYZE",
  ViewStmt: "CREATE VIEW",
};

const OBJECTS: Readonly<Record<string, string>> = { COLUMN: "TABLE", MATVIEW: "MATERIALIZED VIEW" };

/** The command tag with which a server would answer, for locks that tests make up. */
export async function commandTag(bytes: Buffer): Promise<string> {
  const node = (await parseStatement(bytes.toString("utf8"))) ?? {};
  const [kind = ""] = Object.keys(node);
  const parts = (node[kind] ?? {}) as Parts;
  if (kind === "GrantStmt") {
    return parts.is_grant === true ? "GRANT" : "REVOKE";
  }
  if (kind === "CreateFunctionStmt") {
    return parts.is_procedure === true ? "CREATE PROCEDURE" : "CREATE FUNCTION";
  }
  if (kind === "DefineStmt") {
    return `CREATE ${(parts.kind ?? "").replace("OBJECT_", "").replaceAll("_", " ")}`;
  }
  const object = (parts.removeType ?? parts.renameType ?? parts.objtype ?? parts.objectType ?? "")
    .replace("OBJECT_", "")
    .replaceAll("_", " ");
  // A run refuses an invalid tag: a test with another statement locks it on a server, or adds it here.
  return TAGS[kind]?.replace("<object>", OBJECTS[object] ?? object) ?? `the tag of ${kind}`;
}
