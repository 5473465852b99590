import { existsSync } from "node:fs";
import { join } from "node:path";
import { formatRows } from "../runner/base/table";
import { hasLibraryLinks, locateBinaries } from "../runner/embedded";
import { POSTGRES_MAJORS, type PostgresMajor } from "../runner/postgres/majors";
import { findOnPath, run } from "./command";
import { findGo, oldestGo } from "./goToolchain";
import { CHECKOUT, places } from "./paths";
import { askPlugin } from "./pluginAnswer";
import { pluginExecutable } from "./plugins";
import { findInCache, ORIGINS, usableOnPath } from "./pulumi";
import { describePassphrase, describeState } from "./state";
import { isAtLeast, PLUGIN_VERSIONS } from "./versions";

/** One thing that was looked for. */
export interface DoctorLine {
  readonly name: string;
  /** `missing`: required and not found; `absent`: optional and not found. */
  readonly state: "found" | "missing" | "absent";
  readonly version: string;
  readonly place: string;
  /** What to do where it was not found. */
  readonly advice: string;
}

const START = "npm start makes it";

/**
 * `npm run doctor [-- --json]`: lists what was found (version, place) and what is missing. Changes nothing.
 *
 * @returns 1 where something required is missing, else 0
 */
export async function main(args: readonly string[]): Promise<number> {
  const findings = await examine();
  const text = args.includes("--json") ? JSON.stringify(findings, null, 2) : table(findings);
  process.stdout.write(`${text}\n`);
  return findings.some(({ state }) => state === "missing") ? 1 : 0;
}

export async function examine(): Promise<DoctorLine[]> {
  return [
    found("Node.js", process.versions.node, process.execPath),
    await tool("npm", ["--version"], "missing", "Install npm: it comes with Node.js"),
    ...(await engine()),
    await postgresqlPlugin(),
    dockerPlugin(),
    found("state", "", describeState(process.env)),
    found("passphrase", "", describePassphrase(process.env)),
    ...POSTGRES_MAJORS.map(embeddedPostgres),
    await tool(
      "ssh-keygen",
      undefined,
      "missing",
      "Install OpenSSH's client: approvals are signed and checked by it",
    ),
    await tool(
      "psql",
      ["--version"],
      "absent",
      "`npx v7 psql -c SQL` does without; a prompt needs it",
    ),
    await go(),
  ];
}

function found(name: string, version: string, place: string): DoctorLine {
  return { name, state: "found", version, place, advice: "" };
}

function without(name: string, state: "missing" | "absent", advice: string): DoctorLine {
  return { name, state, version: "", place: "", advice };
}

async function tool(
  name: string,
  versionArgs: readonly string[] | undefined,
  state: "missing" | "absent",
  advice: string,
): Promise<DoctorLine> {
  const place = findOnPath(name);
  if (place === undefined) {
    return without(name, state, advice);
  }
  const output =
    versionArgs === undefined ? "" : (await run(place, versionArgs, { timeoutSeconds: 20 })).output;
  return found(name, /\d+(\.\d+)+/.exec(output)?.[0] ?? "", place);
}

async function engine(): Promise<DoctorLine[]> {
  const { cache } = places();
  const pulumi = (await usableOnPath(cache)) ?? findInCache(cache);
  if (pulumi === undefined) {
    return [without("Pulumi", "missing", START), without("language host", "missing", START)];
  }
  return [
    found("Pulumi", pulumi.version, `${join(pulumi.bin, "pulumi")} (${ORIGINS[pulumi.kind]})`),
    found("language host", pulumi.kind === "built" ? "ours" : "Pulumi's own", pulumi.languageHost),
  ];
}

async function postgresqlPlugin(): Promise<DoctorLine> {
  const file = pluginExecutable("postgresql");
  const answer = await askPlugin(file);
  return answer === undefined
    ? without("postgresql plugin", "missing", START)
    : found("postgresql plugin", PLUGIN_VERSIONS.postgresql, `${file} (says: ${answer})`);
}

function dockerPlugin(): DoctorLine {
  const file = pluginExecutable("docker");
  return existsSync(file)
    ? found("docker plugin", PLUGIN_VERSIONS.docker, file)
    : without(
        "docker plugin",
        "absent",
        "needed for `v7:database: docker` only; npm start fetches it then",
      );
}

function embeddedPostgres(major: PostgresMajor): DoctorLine {
  const name = `PostgreSQL ${major}`;
  try {
    const binaries = locateBinaries(major, CHECKOUT);
    return hasLibraryLinks(binaries)
      ? found(name, binaries.version, binaries.folder)
      : without(
          name,
          "absent",
          "its install script did not run: its first start or npm rebuild makes up for it",
        );
  } catch {
    return without(name, "missing", "npm ci brings it, with optional packages");
  }
}

async function go(): Promise<DoctorLine> {
  const advice = `not needed: one is fetched where the engine must be built (${oldestGo()} or newer would be used)`;
  const installed = await findGo();
  if (installed === undefined || !isAtLeast(installed.version, oldestGo())) {
    return without("Go", "absent", advice);
  }
  return found("Go", installed.version.replace(/^go/, ""), installed.go);
}

/** The findings as aligned columns. */
export function table(findings: readonly DoctorLine[]): string {
  const rows = findings.map(({ name, state, version, place, advice }) => [
    { found: "ok", missing: "MISSING", absent: "-" }[state],
    name,
    version,
    state === "found" ? place : advice,
  ]);
  return formatRows(rows).join("\n");
}
