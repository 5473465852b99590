import { escapeIdentifier as id } from "pg";
import { quote } from "../postgres/names";
import { quoted, type Rebuilder } from "./rebuilder";
import { REHEARSAL_DATABASE } from "./sessions";
import type { SurroundingGrant, Surroundings } from "./surroundingsModel";

/** PostgreSQL's letters for what default privileges are of. */
const DEFAULT_ON: Readonly<Record<string, string>> = {
  r: "TABLES",
  S: "SEQUENCES",
  f: "FUNCTIONS",
  T: "TYPES",
  n: "SCHEMAS",
};

/** PostgreSQL's words for privileges: they stand in a statement unquoted. */
const PRIVILEGE = /^[A-Z]+$/;

/** Grants and default privileges, by the superuser: they hold names, and words of PostgreSQL's. */
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
