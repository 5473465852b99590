import type { Statement } from "../model";

/** The parts of PostgreSQL's parse tree that a command's tag depends on. */
interface Nodes {
  readonly objtype?: string;
  readonly objectType?: string;
  readonly removeType?: string;
  readonly is_grant?: boolean;
  readonly is_procedure?: boolean;
  readonly intoClause?: unknown;
}

/** Command tags by the parser's name of the statement; `<object>` stands for the kind of object. Null: no event fires. */
const TAGS: Readonly<Record<string, string | null>> = {
  AlterDefaultPrivilegesStmt: "ALTER DEFAULT PRIVILEGES",
  AlterDomainStmt: "ALTER DOMAIN",
  AlterEnumStmt: "ALTER TYPE",
  AlterOwnerStmt: "ALTER <object>",
  AlterPolicyStmt: "ALTER POLICY",
  AlterSeqStmt: "ALTER SEQUENCE",
  AlterTableStmt: "ALTER <object>",
  CommentStmt: "COMMENT",
  CompositeTypeStmt: "CREATE TYPE",
  CreateDomainStmt: "CREATE DOMAIN",
  CreateEnumStmt: "CREATE TYPE",
  CreateExtensionStmt: "CREATE EXTENSION",
  CreatePolicyStmt: "CREATE POLICY",
  CreateSchemaStmt: "CREATE SCHEMA",
  CreateSeqStmt: "CREATE SEQUENCE",
  CreateStatsStmt: "CREATE STATISTICS",
  CreateStmt: "CREATE TABLE",
  CreateTrigStmt: "CREATE TRIGGER",
  DropStmt: "DROP <object>",
  IndexStmt: "CREATE INDEX",
  RuleStmt: "CREATE RULE",
  ViewStmt: "CREATE VIEW",
  // What changes rows, and what fires no event whatever it does.
  DeleteStmt: null,
  InsertStmt: null,
  LockStmt: null,
  MergeStmt: null,
  TruncateStmt: null,
  UpdateStmt: null,
};

const OBJECTS: Readonly<Record<string, string>> = { MATVIEW: "MATERIALIZED VIEW" };

/**
 * Whether one of these statements can fire event triggers for a command with this tag (`CREATE TABLE`). A block of code
 * (DO) is looked through for the tag's words; a statement of a kind that is not known here counts for every tag. More
 * than they fire, never less. https://www.postgresql.org/docs/17/event-trigger-matrix.html
 */
export function firesTag(statements: readonly Statement[], tag: string): boolean {
  return statements.some((statement) => {
    const own = commandTag(statement);
    if (own !== undefined) {
      return own === tag;
    }
    return (
      statement.kind !== "DoStmt" ||
      statement.bytes.toString("utf8").toUpperCase().replace(/\s+/g, " ").includes(tag)
    );
  });
}

/** Whether one of these statements is a command that event triggers without a filter see. */
export function firesEvents(statements: readonly Statement[]): boolean {
  return statements.some((statement) => commandTag(statement) !== null);
}

/** Whether one of these statements may drop something: the event sql_drop. */
export function dropsObjects(statements: readonly Statement[]): boolean {
  return statements.some((statement) =>
    statement.kind === "AlterTableStmt"
      ? JSON.stringify(statement.node).includes('"subtype":"AT_Drop')
      : /^DROP /.test(commandTag(statement) ?? "") ||
        (statement.kind === "DoStmt" && /\bDROP\b/i.test(statement.bytes.toString("utf8"))),
  );
}

/** Null where no event fires; undefined where the tag is not known. */
function commandTag({ kind, node }: Statement): string | null | undefined {
  const parts = (node[kind] ?? {}) as Nodes;
  switch (kind) {
    case "GrantStmt":
      return parts.is_grant === true ? "GRANT" : "REVOKE";
    case "CreateFunctionStmt":
      return parts.is_procedure === true ? "CREATE PROCEDURE" : "CREATE FUNCTION";
    case "SelectStmt":
      return parts.intoClause === undefined ? null : "SELECT INTO";
    default: {
      const object = (parts.removeType ?? parts.objtype ?? parts.objectType ?? "")
        .replace("OBJECT_", "")
        .replaceAll("_", " ");
      return TAGS[kind]?.replace("<object>", OBJECTS[object] ?? object) ?? (kind in TAGS ? null : undefined);
    }
  }
}
