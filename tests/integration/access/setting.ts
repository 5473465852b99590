import { randomBytes } from "node:crypto";
import { DatabaseError, escapeIdentifier, escapeLiteral, type Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { loadAccess } from "../../../runner/directive/accessMatrix";
import { scramVerifier } from "../../../runner/embedded/server/scram";
import { applyRequest, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { grantAll } from "../../support/drift";
import type { TestDatabase, TestServer } from "../../support/postgres";

export const MATRIX = loadAccess(SQL_FOLDER, "ad_005");
export const GROUPS = Object.keys(MATRIX.roles);

/** The roles by which Supabase's Data API answers anybody who asks. */
export const DATA_API = ["anon", "authenticated", "service_role"] as const;

/**
 * `historic`: what postgres creates in public is open to the Data API's roles, as on projects made before 30 May 2026.
 * `none`: nothing is granted by default, as on projects made since. `superuser`: no Supabase, the superuser applies.
 */
export type Kind = "historic" | "none" | "superuser";
export const KINDS: readonly Kind[] = ["historic", "none", "superuser"];

/** A login `test_<role>` for each group role, and one without any role. */
const LOGINS = [...GROUPS.map((role) => `test_${role}`), "test_stranger"];
/** The logins as the settings would name them: an apply revokes other memberships, on the whole server. */
export const MEMBERS = Object.fromEntries(GROUPS.map((role) => [role, [`test_${role}`]]));
export const PASSWORD = randomBytes(12).toString("hex");

/** A database with the directive applied and the matrix granted, as a stack leaves it. */
export interface Opened {
  readonly database: TestDatabase;
  readonly request: TestRequest;
  /** A client of the superuser. */
  readonly admin: Client;
  readonly owner: Client;
}

/**
 * The group roles and a login of each, made as the stack's login makes them: attributes in CREATE ROLE, the password a SCRAM
 * verifier. They are made once for a server, whose databases share them.
 */
export async function makeRoles(server: TestServer, kind: Kind = "historic"): Promise<void> {
  const { owner } = await bare(server, kind);
  for (const role of [...GROUPS].reverse()) {
    await owner.query(`CREATE ROLE ${role} NOLOGIN INHERIT NOCREATEDB NOCREATEROLE`);
  }
  for (const login of LOGINS) {
    await owner.query(
      `CREATE ROLE ${login} LOGIN INHERIT PASSWORD ${escapeLiteral(scramVerifier(PASSWORD))}`,
    );
  }
  for (const role of GROUPS) {
    await owner.query(`GRANT ${role} TO test_${role}`);
  }
}

/** A database of that kind before the directive. */
export async function bare(
  server: TestServer,
  kind: Kind,
): Promise<Pick<Opened, "database" | "admin" | "owner">> {
  const isSuperuser = kind === "superuser";
  const database = await server.createDatabase({
    shape: isSuperuser ? "empty" : "supabase",
    unprotected: true,
  });
  const admin = await database.connect(server.superuser, server.superuserPassword);
  const owner = await database.connect();
  if (isSuperuser) {
    await owner.query("CREATE TABLE file_audit (id uuid PRIMARY KEY, file_path text)");
  } else if (kind === "none") {
    await owner.query(
      `ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public REVOKE ALL ON TABLES FROM ${DATA_API.join(", ")}`,
    );
  }
  return { database, admin, owner };
}

/** The same once the directive is applied, with these optional amendments, and the matrix is granted. */
export async function open(
  server: TestServer,
  kind: Kind,
  amendments: readonly string[] = [],
): Promise<Opened> {
  const opened = await bare(server, kind);
  const request = {
    ...(await applyRequest(opened.database, SQL_FOLDER, amendments)),
    members: MEMBERS,
  };
  await applyDirective(request);
  await grantAll(opened.owner, MATRIX);
  return { ...opened, request };
}

/** `""` if it works, else the SQLSTATE. */
export async function outcome(client: Client, sql: string): Promise<string> {
  try {
    await client.query(sql);
    return "";
  } catch (error) {
    if (error instanceof DatabaseError) {
      return error.code ?? "?";
    }
    throw error;
  }
}

/** Runs as that role, by SET ROLE of the superuser. */
export async function asRole<T>(client: Client, role: string, run: () => Promise<T>): Promise<T> {
  await client.query(`SET ROLE ${escapeIdentifier(role)}`);
  try {
    return await run();
  } finally {
    await client.query("RESET ROLE");
  }
}
