import type { Command } from "commander";
import { DatabaseError, type ClientBase, type QueryResult } from "pg";
import { findOnPath, run } from "../engine/command";
import { fault } from "../runner/base/fault";
import { formatTable, type TableRow } from "../runner/base/table";
import type { ConnectionSettings } from "../runner/model";
import { BOUNDS } from "../runner/postgres/bounds";
import { withoutPg } from "../runner/postgres/client";
import { withConnection } from "../runner/postgres/connection";
import { withDirectivePath } from "../runner/postgres/session";
import { certificateFile } from "./clientUrl";
import { BY_STACK, type NamingOptions } from "./namedDatabase";
import { jsonOption } from "./options";
import { print, printAside, printJson } from "./print";
import { connectionFromUrl } from "./stack";

interface PsqlOptions extends NamingOptions {
  readonly command?: string;
  readonly json?: true;
}

const HELP = `
Connects as the stack's own login, with its TLS settings. The password is passed in the environment and is
on no command line. PG variables and psqlrc are ignored. Without -c psql reads standard input. With --json
v7 runs the text itself, without psql.

Exit codes:
  0     done
  1     a fault, or with -c the statement failed
  else  psql's own exit code

Examples:
  npx v7 psql
  npx v7 psql --stack prod -c "SELECT * FROM v7_migration_dashboard"
  npx v7 branch psql -c "SELECT count(*) FROM file_audit"
`;

export function addPsql(parent: Command, by = BY_STACK): void {
  parent
    .command("psql")
    .description("open psql on the database; -c runs SQL, with or without psql")
    .addOption(by.option())
    .option("-c, --command <sql>", "run this SQL and exit")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ command, json, ...named }: PsqlOptions) => {
      const { databaseUrl } = await by.find(named);
      await openPsql(databaseUrl, command, json === true);
    });
}

/**
 * Opens psql on the database of that URL, or runs SQL; without psql where there is none, and for JSON.
 *
 * @throws COMMAND_INVALID without a text to run, where there is no psql or JSON is asked for
 */
export async function openPsql(
  databaseUrl: string,
  command: string | undefined,
  isJson: boolean,
): Promise<void> {
  const connection = connectionFromUrl(databaseUrl);
  const psql = findOnPath("psql");
  if (psql !== undefined && !isJson) {
    process.exitCode = await runPsql(psql, connection, certificateFile(databaseUrl), command);
    return;
  }
  if (command === undefined) {
    throw fault("COMMAND_INVALID", {
      what: "opening psql",
      found: isJson ? "--json without -c" : "no psql on PATH, and no -c",
      expected: "a text to run (-c SQL), or PostgreSQL's own client",
      remedy: isJson
        ? "Name the text: -c SQL"
        : "Install psql (Debian: apt-get install postgresql-client), or name the text: -c SQL",
    });
  }
  // Unqualified names in the user's SQL are looked up in public, as in a directive.
  await withConnection(
    connection,
    (client) => withDirectivePath(client, () => runOnce(client, command, isJson)),
    { applicationName: "v7 psql", answerSeconds: BOUNDS.longAnswerSeconds },
  );
}

/** The password is passed in the environment: everybody on the machine can read a command line. */
async function runPsql(
  psql: string,
  connection: ConnectionSettings,
  certificate: string | undefined,
  command: string | undefined,
): Promise<number> {
  const { host, port, databaseName, user, password, sslMode } = connection;
  // psqlrc and PG variables could connect elsewhere.
  const { code } = await run(psql, ["-X", ...(command === undefined ? [] : ["-c", command])], {
    show: true,
    environment: {
      ...withoutPg(process.env),
      PSQLRC: undefined,
      PGHOST: host,
      PGPORT: String(port),
      PGDATABASE: databaseName,
      PGUSER: user,
      PGPASSWORD: password,
      PGSSLMODE: sslMode,
      PGAPPNAME: "v7 psql",
      ...(certificate === undefined ? {} : { PGSSLROOTCERT: certificate }),
    },
  });
  return code;
}

async function runOnce(client: ClientBase, sql: string, isJson: boolean): Promise<void> {
  try {
    const results = await query(client, sql);
    if (isJson) {
      printJson(results.map(({ command, rowCount, rows }) => ({ command, rowCount, rows })));
    } else {
      results.forEach(printResult);
    }
  } catch (error) {
    printError(error);
    process.exitCode = 1;
  }
}

/** The results of all statements; pg returns no array where there is only one. */
async function query(client: ClientBase, sql: string): Promise<readonly QueryResult<TableRow>[]> {
  const result = (await client.query<TableRow>(sql)) as
    QueryResult<TableRow> | QueryResult<TableRow>[];
  return Array.isArray(result) ? result : [result];
}

function printResult({ command, rowCount, rows, fields }: QueryResult<TableRow>): void {
  if (fields.length > 0) {
    print(formatTable([...new Set(fields.map((field) => field.name))], rows));
    print(`(${rows.length} row${rows.length === 1 ? "" : "s"})\n`);
  } else {
    print([command, rowCount].filter((part) => part !== null).join(" "));
  }
}

function printError(error: unknown): void {
  if (!(error instanceof DatabaseError)) {
    throw error;
  }
  const first = `ERROR:  ${error.message} (SQLSTATE ${error.code ?? "unknown"})`;
  printAside([first, error.detail, error.hint].filter((text) => text !== undefined).join("\n"));
}
