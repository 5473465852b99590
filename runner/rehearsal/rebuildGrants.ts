import { escapeIdentifier as id } from "pg";
import { quote } from "../postgres/names";
import { quoted, type Rebuilder } from "./rebuilder";
import { REHEARSAL_DATABASE } from "./sessions";
import type { SurroundingGrant, Surroundings } from "./surroundingsModel";

/** The objects of default privileges, by PostgreSQL's letters. */
const DEFAULT_ON: Readonly<Record<string, string>> = {
  r: "TABLES",
  S: "SEQUENCES",
  f: "FUNCTIONS",
  T: "TYPES",
  n: "SCHEMAS",
};

/** A privilege's name; it is written unquoted, so that anything else is left out. */
const PRIVILEGE = /^[A-Z]+$/;

/** Rebuilds grants and default privileges, as the superuser: the statements contain only names and privileges. */
export async function rebuildGrants(superuser: Rebuilder, { grants }: Surroundings): Promise<void> {
  const known = grants.filter(({ privilege }) => PRIVILEGE.test(privilege));
  await superuser.attemptEach(known, grantStatement);
}

function grantStatement(grant: SurroundingGrant): [string, string] {
  const { kind, schema, object, owner, objectType, grantee, privilege, isGrantable } = grant;
  const to = `TO ${grantee === null ? "PUBLIC" : id(grantee)}${isGrantable ? " WITH GRANT OPTION" : ""}`;
  if (kind === "default") {
    const where = schema === null ? "" : ` IN SCHEMA ${id(schema)}`;
    return [
      `default privilege ${privilege} of ${quoted(owner)}`,
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${id(owner)}${where} GRANT ${privilege} ON ${DEFAULT_ON[objectType] ?? "TABLES"} ${to}`,
    ];
  }
  if (kind === "database") {
    return [
      `grant of ${privilege} on the database`,
      `GRANT ${privilege} ON DATABASE ${id(REHEARSAL_DATABASE)} ${to}`,
    ];
  }
  const on =
    kind === "schema"
      ? `SCHEMA ${id(schema ?? "")}`
      : `TABLE ${quote({ schema: schema ?? "", name: object ?? "" })}`;
  return [
    `grant of ${privilege} on ${quoted(...[schema ?? "", ...(object === null ? [] : [object])])}`,
    `GRANT ${privilege} ON ${on} ${to}`,
  ];
}
