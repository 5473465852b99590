import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Client } from "pg";
import { withClient } from "../../support/withClient";

/** Carries out what is in the folder on the database. */
type Run = (url: string, folder: string) => Promise<unknown>;

export interface Tool {
  /** Writes the migrations as this tool reads them, one a statement; absent for a folder `sql` of ours. */
  readonly write?: (folder: string, statements: readonly string[]) => void;
  /** Loads the tool's modules, which is not measured. */
  readonly load: (modules: string) => Promise<Run>;
}

/** By name, as the chart and the table show them. */
export const TOOLS: Readonly<Record<string, Tool>> = {
  "node and pg": { write: writeFiles(), load: () => Promise.resolve(runBare) },
  "this project": { load: loadOurs },
  "graphile-migrate": {
    write: writeCommitted,
    load: (modules) => {
      const { migrate } = from(modules, "graphile-migrate") as {
        readonly migrate: (settings: Readonly<Record<string, unknown>>) => Promise<void>;
      };
      return Promise.resolve((connectionString, migrationsFolder) =>
        quietly(() => migrate({ connectionString, migrationsFolder })),
      );
    },
  },
  "node-pg-migrate": {
    write: writeFiles("-- Up Migration\n"),
    load: async (modules) => {
      const path = createRequire(join(modules, "package.json")).resolve("node-pg-migrate");
      const { runner } = (await import(pathToFileURL(path).href)) as {
        readonly runner: (options: Readonly<Record<string, unknown>>) => Promise<unknown>;
      };
      return (databaseUrl, dir) =>
        quietly(() =>
          runner({ databaseUrl, dir, direction: "up", migrationsTable: "done", log: ignore }),
        );
    },
  },
  "postgres-migrations": {
    write: writeFiles(),
    load: (modules) => {
      const { migrate } = from(modules, "postgres-migrations") as {
        readonly migrate: (config: { readonly client: Client }, folder: string) => Promise<unknown>;
      };
      return Promise.resolve((url, folder) =>
        withClient(url, (client) => migrate({ client }, folder)),
      );
    },
  },
  umzug: { write: writeFiles(), load: loadUmzug },
  dbmate: {
    write: writeFiles("-- migrate:up\n", "-- migrate:down\n"),
    load: (modules) => {
      const platform = `${process.platform}-${process.arch}`;
      const program = join(modules, "node_modules", "@dbmate", platform, "bin", "dbmate");
      return Promise.resolve((url, folder) => {
        const flags = ["--url", `${url}?sslmode=disable`, "--migrations-dir", folder];
        execFileSync(program, [...flags, "--no-dump-schema", "migrate"], { stdio: "pipe" });
        return Promise.resolve();
      });
    },
  },
};

async function loadOurs(): Promise<Run> {
  const { applyDirective } = await import("../../../runner/actions/apply");
  const { connectionFromUrl } = await import("../../../cli/stack");
  const { requestFor } = await import("../../support/directive");
  return async (url, folder) =>
    await applyDirective(
      await requestFor({ ...connectionFromUrl(url), sslMode: "disable" }, folder),
    );
}

/** What each of them is compared with: files in order, one transaction, a row a migration, and nothing proved. */
async function runBare(url: string, folder: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query("CREATE TABLE IF NOT EXISTS done (name text PRIMARY KEY)");
    const { rows } = await client.query<{ name: string }>("SELECT name FROM done");
    const done = new Set(rows.map(({ name }) => name));
    await client.query("BEGIN");
    for (const name of readdirSync(folder).sort()) {
      if (!done.has(name)) {
        await client.query(readFileSync(join(folder, name), "utf8"));
        await client.query("INSERT INTO done VALUES ($1)", [name]);
      }
    }
    await client.query("COMMIT");
  });
}

/** Umzug has no storage of its own for PostgreSQL: this is the smallest. */
function loadUmzug(modules: string): Promise<Run> {
  const { Umzug } = from(modules, "umzug") as {
    Umzug: new (options: Readonly<Record<string, unknown>>) => { up(): Promise<unknown> };
  };
  return Promise.resolve((url, folder) =>
    withClient(url, async (client) => {
      await client.query("CREATE TABLE IF NOT EXISTS done (name text PRIMARY KEY)");
      const umzug = new Umzug({
        migrations: {
          glob: ["*.sql", { cwd: folder }],
          resolve: ({ name, path }: { readonly name: string; readonly path: string }) => ({
            name,
            up: () => client.query(readFileSync(path, "utf8")),
          }),
        },
        storage: {
          logMigration: ({ name }: { readonly name: string }) =>
            client.query("INSERT INTO done VALUES ($1)", [name]),
          unlogMigration: ignore,
          executed: async () =>
            (await client.query<{ name: string }>("SELECT name FROM done ORDER BY name")).rows.map(
              ({ name }) => name,
            ),
        },
        logger: undefined,
      });
      await umzug.up();
    }),
  );
}

/** One file a statement: `00001_table_00001.sql`, since some want a name of its own behind the number. */
function writeFiles(head = "", tail = ""): (folder: string, statements: readonly string[]) => void {
  return (folder, statements) => {
    for (const [index, statement] of statements.entries()) {
      const number = String(index + 1).padStart(5, "0");
      writeFileSync(join(folder, `${number}_table_${number}.sql`), `${head}${statement}\n${tail}`);
    }
  };
}

/** As `graphile-migrate commit` writes them: each with the digest of itself and of the one before it. */
function writeCommitted(folder: string, statements: readonly string[]): void {
  mkdirSync(join(folder, "committed"));
  let previous = "";
  for (const [index, statement] of statements.entries()) {
    const text = `${`${previous}\n${statement}`.trim()}\n`;
    const hash = `sha1:${createHash("sha1").update(text).digest("hex")}`;
    writeFileSync(
      join(folder, "committed", `${String(index + 1).padStart(6, "0")}.sql`),
      `--! Previous: ${previous === "" ? "-" : previous}\n--! Hash: ${hash}\n\n${statement}\n`,
    );
    previous = hash;
  }
}

/** A module of those that the benchmark installs. */
function from(modules: string, name: string): unknown {
  return createRequire(join(modules, "package.json"))(name);
}

/** Some say each migration on the console, whatever they are told. */
async function quietly(run: () => Promise<unknown>): Promise<void> {
  const { log, info } = console;
  Object.assign(console, { log: ignore, info: ignore });
  await run();
  Object.assign(console, { log, info });
}

function ignore(): void {
  // Nothing is said.
}
