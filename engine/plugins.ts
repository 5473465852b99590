import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fault } from "../runner/base/fault";
import { fileStamp } from "../runner/base/fileHash";
import { isExecutable, lastLines, run } from "./command";
import { CHECKOUT, places, type Environment } from "./paths";
import { askPlugin, isStandIn } from "./pluginAnswer";
import { answers } from "./probe";
import { say, step } from "./progress";
import { PLUGIN_VERSIONS, type PluginName } from "./versions";

/** Where a plugin comes from: Pulumi's download, V7_POSTGRESQL_PLUGIN, installed by hand (`found`), or our stand-in. */
type PluginSource = "official" | "override" | "found" | "stand-in";

export interface InstalledPlugin {
  readonly source: PluginSource;
  /** What it was made of; for `found`, its answer to `--version`. */
  readonly origin: string;
  /** The executable's file stamp when it was installed or found. */
  readonly stamp: string | undefined;
}

const DOWNLOAD_HOSTS = ["get.pulumi.com", "api.github.com"];
/** The stand-in's executable for a folder: it runs the checkout's present sources. */
export function standInFor(folder: string): string {
  const checkout = JSON.stringify(relative(folder, CHECKOUT));
  return `#!/usr/bin/env node
const checkout = require("node:path").join(__dirname, ${checkout});
require(checkout + "/engine/typescript.cjs").runBundled(checkout + "/engine/standin/main.ts");
`;
}

/** The path of a plugin's executable under PULUMI_HOME; it need not exist. */
export function pluginExecutable(name: PluginName): string {
  const folder = `resource-${name}-v${PLUGIN_VERSIONS[name]}`;
  return join(places().pulumiHome, "plugins", folder, `pulumi-resource-${name}`);
}

/** The file that V7_POSTGRESQL_PLUGIN names, with its stamp; undefined where it names none. */
function override(): { readonly file: string; readonly origin: string } | undefined {
  const { V7_POSTGRESQL_PLUGIN: file = "" } = process.env;
  return file === "" ? undefined : { file, origin: `${file} ${fileStamp(file) ?? "missing"}` };
}

/** Whether the installed postgresql plugin is the wanted one. */
export function isCurrent(installed: InstalledPlugin | undefined): installed is InstalledPlugin {
  const file = pluginExecutable("postgresql");
  if (installed === undefined || !isExecutable(file) || installed.stamp !== fileStamp(file)) {
    return false;
  }
  return installed.origin === (override()?.origin ?? installed.origin);
}

/**
 * Installs the postgresql plugin in PULUMI_HOME if necessary: the one that V7_POSTGRESQL_PLUGIN names; else keeps an installed
 * one that is not the stand-in; else downloads the official one; else makes the stand-in.
 *
 * @throws PLUGIN_MISSING where none of them can be installed
 */
export async function ensurePostgresqlPlugin(
  environment: Environment,
  installed: InstalledPlugin | undefined,
): Promise<InstalledPlugin> {
  if (isCurrent(installed)) {
    return installed;
  }
  const origin = await ensureOrigin(environment);
  return { ...origin, stamp: fileStamp(pluginExecutable("postgresql")) };
}

async function ensureOrigin(environment: Environment): Promise<Omit<InstalledPlugin, "stamp">> {
  const named = override();
  if (named !== undefined) {
    await installFromFile(named.file, environment);
    say(`the postgresql plugin is "${named.file}", as V7_POSTGRESQL_PLUGIN says`);
    return { source: "override", origin: named.origin };
  }
  const there = await askPlugin(pluginExecutable("postgresql"));
  if (there !== undefined && !isStandIn(there)) {
    say(`keeping the installed postgresql plugin, which calls itself "${there}"`);
    return { source: "found", origin: there };
  }
  if (await installOfficial("postgresql", environment)) {
    return { source: "official", origin: PLUGIN_VERSIONS.postgresql };
  }
  await step("the postgresql plugin cannot be downloaded: making our stand-in for it", () =>
    installStandIn(environment),
  );
  return { source: "stand-in", origin: "stand-in" };
}

/**
 * Installs the docker plugin in PULUMI_HOME if necessary; only stacks with `v7:database: docker` need it.
 *
 * @throws PLUGIN_MISSING where it is missing and cannot be downloaded; it has no stand-in
 */
export async function ensureDockerPlugin(environment: Environment): Promise<void> {
  if (
    !isExecutable(pluginExecutable("docker")) &&
    !(await installOfficial("docker", environment))
  ) {
    throw fault("PLUGIN_MISSING", {
      what: `installing the plugin "docker" ${PLUGIN_VERSIONS.docker}`,
      found: "no download host that answers",
      remedy:
        "Where you have it as a file: . .v7/env, then pulumi plugin install resource docker " +
        `${PLUGIN_VERSIONS.docker} --file FILE; or let this machine reach get.pulumi.com, or choose another ` +
        "database (`v7:database: embedded`)",
    });
  }
}

async function installOfficial(name: PluginName, environment: Environment): Promise<boolean> {
  const reached = await Promise.all(DOWNLOAD_HOSTS.map((host) => answers(host)));
  if (!reached.includes(true)) {
    return false;
  }
  const args = ["plugin", "install", "resource", name, `v${PLUGIN_VERSIONS[name]}`, "--reinstall"];
  return step(`downloading the plugin ${name} ${PLUGIN_VERSIONS[name]}`, async () => {
    const { code, errors } = await run("pulumi", args, { environment, timeoutSeconds: 300 });
    if (code !== 0) {
      say(`  not downloaded: ${errors.trim().split("\n").at(-1) ?? ""}`);
    }
    return code === 0 && isExecutable(pluginExecutable(name));
  });
}

async function installStandIn(environment: Environment): Promise<void> {
  const { temporary } = places();
  const folder = join(temporary, `standin.${process.pid}`);
  const file = join(folder, "pulumi-resource-postgresql");
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(file, standInFor(dirname(pluginExecutable("postgresql"))), { mode: 0o755 });
    await installFromFile(file, environment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs a file or a folder as the postgresql plugin by Pulumi's own command, which copies it to PULUMI_HOME. */
async function installFromFile(file: string, environment: Environment): Promise<void> {
  const plugin = ["postgresql", `v${PLUGIN_VERSIONS.postgresql}`];
  const args = ["plugin", "install", "resource", ...plugin, "--reinstall", "--file", file];
  const { code, errors } = existsSync(file)
    ? await run("pulumi", args, { environment, timeoutSeconds: 120 })
    : { code: 1, errors: "no such file" };
  if (code !== 0) {
    throw fault("PLUGIN_MISSING", {
      what: `installing "${file}" as the plugin "postgresql"`,
      found: `exit code ${code}`,
      expected: "an executable, a folder or an archive that holds pulumi-resource-postgresql",
      remedy: "Correct V7_POSTGRESQL_PLUGIN, or leave it out",
      detail: lastLines(errors),
    });
  }
}
