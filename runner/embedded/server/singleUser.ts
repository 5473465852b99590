import { escapeLiteral } from "pg";
import { fault } from "../../base/fault";
import { ownerOf } from "../system/account";
import { lastLines, runProgram } from "../system/program";
import { type Binaries, programPath } from "./binaries";
import { SUPERUSER } from "./initdb";
import { scramVerifier } from "./scram";

/** A data directory on which no server runs, with programs of its version. */
interface StoppedServer {
  readonly binaries: Binaries;
  readonly dataDirectory: string;
}

/** Of the stack's own login, and of the superuser. */
export interface Passwords {
  readonly password: string;
  readonly superuserPassword: string;
}

/**
 * Gives the logins of a stopped server new passwords without knowing the old ones, by PostgreSQL's single-user mode. The
 * statements contain only verifiers.
 *
 * @throws EMBEDDED_FAILED with PostgreSQL's message
 */
export async function replacePasswords(
  server: StoppedServer,
  { password, superuserPassword }: Passwords,
): Promise<void> {
  const statements = Object.entries({ [SUPERUSER]: superuserPassword, postgres: password }).map(
    ([role, own]) => `ALTER ROLE ${role} PASSWORD '${scramVerifier(own)}'`,
  );
  await runSingleUser(server, "giving the embedded PostgreSQL new passwords", statements);
}

/**
 * Gives the superuser that initdb made this name and password. ALTER ROLE refuses to rename the role of its own session,
 * and single-user mode has no other session, so the row itself is written.
 *
 * @throws EMBEDDED_FAILED with what PostgreSQL says
 */
export async function replaceSuperuser(
  server: StoppedServer,
  name: string,
  password: string,
): Promise<void> {
  const verifier = escapeLiteral(scramVerifier(password));
  await runSingleUser(server, "naming the superuser of a throwaway PostgreSQL", [
    `UPDATE pg_catalog.pg_authid SET rolname = ${escapeLiteral(name)}, rolpassword = ${verifier} WHERE oid = ${BOOTSTRAP_SUPERUSER}`,
  ]);
}

/** BOOTSTRAP_SUPERUSERID in PostgreSQL's pg_authid.dat. */
const BOOTSTRAP_SUPERUSER = 10;

async function runSingleUser(
  { binaries, dataDirectory }: StoppedServer,
  what: string,
  statements: readonly string[],
): Promise<void> {
  const printed = await runProgram(
    programPath(binaries, "postgres"),
    ["--single", "-D", dataDirectory, "--log_min_error_statement=panic", "postgres"],
    {
      what,
      account: ownerOf(dataDirectory),
      cwd: dataDirectory,
      input: statements.map((statement) => `${statement}\n`).join(""),
    },
  );
  // The program exits with 0 even if statements failed.
  if (/\b(ERROR|FATAL|PANIC): /.test(printed)) {
    throw fault("EMBEDDED_FAILED", {
      what,
      found: "a statement that the server refused",
      remedy: "Read its message below",
      detail: lastLines(printed),
    });
  }
}
