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
import { print, printAside, printJson } from "./print";
import { connectionFromUrl, jsonOption, readOutputs, stackOption } from "./stack";

interface PsqlOptions {
  readonly stack: string;
  readonly command?: string;
  readonly json?: true;
}

const HELP = `
Connects as the stack's own login, with its TLS settings; the password goes by the environment and is
on no command line. No PG variable and no psqlrc leads it elsewhere. Without -c it reads from
standard input. --json always takes our own client.

Exit codes:
  0     done
  1     a fault, or with -c the statement failed
  else  psql's own

Examples:
  npx v7 psql
  npx v7 psql --stack prod -c "SELECT * FROM v7_migration_dashboard"
`;

/** `v7 psql`: psql on the stack's database; `-c` runs without one, too. */
export function addPsql(program: Command): void {
  program
    .command("psql")
    .description("open psql on the database; -c runs one text, with or without a psql")
    .addOption(stackOption())
    .option("-c, --command <sql>", "run this and end")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, command, json }: PsqlOptions) => {
      const { databaseUrl } = await readOutputs(stack);
      await openPsql(databaseUrl, command, json === true);
    });
}

/**
 * Opens psql on the database of that URL, or runs one text; by ourselves where there is no psql, and for JSON.
 *
 * @throws COMMAND_INVALID where there is neither a psql nor a text, or no text to answer in JSON
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
  // A user's own text: its unqualified names mean public, as a directive's do.
  await withConnection(
    connection,
    (client) => withDirectivePath(client, () => runOnce(client, command, isJson)),
    { applicationName: "v7 psql", answerSeconds: BOUNDS.longAnswerSeconds },
  );
}

/** The password goes by the environment: a command line can be read by everybody on the machine. */
async function runPsql(
  psql: string,
  connection: ConnectionSettings,
  certificate: string | undefined,
  command: string | undefined,
): Promise<number> {
  const { host, port, databaseName, user, password, sslMode } = connection;
  // No psqlrc, which could lead elsewhere: nothing of the environment decides where a command goes.
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

/** Several statements in one text give several results; pg gives one result by itself. */
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
  const lines = [`ERROR:  ${error.message} (SQLSTATE ${error.code ?? "unknown"})`];
  printAside(
    [...lines, ...[error.detail, error.hint].filter((text) => text !== undefined)].join("\n"),
  );
}
