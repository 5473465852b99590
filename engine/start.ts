import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../runner/base/fault";
import { visible } from "../runner/base/visible";
import { isStackName } from "../runner/embedded";
import { readOptions, run } from "./command";
import { kindsOf } from "./deployment";
import { LOCAL_PASSPHRASE } from "./environment";
import { hasLocalStack, isLocalState, localResources, recoverLocalStack } from "./localState";
import { CHECKOUT, places } from "./paths";
import { ensureDockerPlugin } from "./plugins";
import { prepareEngine, runPulumi, type Engine } from "./prepare";
import { say } from "./progress";
import { runPulumiQuietly, type RunPulumi } from "./quietPulumi";
import { databaseOf, hasNoSettings, writeNewSettings } from "./settingsFile";
import { passphraseRemedy } from "./state";

/** For `v7:database: docker`: refreshes the container alone, because the rest cannot be read while its server is down. */
const REFRESH_CONTAINER = [
  "refresh",
  "--yes",
  "--skip-preview",
  "--target",
  "**::database-server-container",
];

/**
 * `npm start [-- --stack NAME] [--verbose]`: prepares the engine, makes the stack if necessary, and runs `pulumi up`.
 * Default stack: dev. Prints some ten lines; with --verbose all of Pulumi's output, and the stack's status at the end.
 *
 * @returns the exit code of the first command that failed, else 0
 */
export async function main(args: readonly string[]): Promise<number> {
  const { stack = "dev", verbose: isVerbose = false } = readOptions(
    "npm start [-- --stack NAME] [--verbose]",
    args,
    { stack: { type: "string", short: "s" }, verbose: { type: "boolean" } },
  );
  const engine = await prepareEngine();
  // Only a database in a container needs docker's plugin.
  if (databaseOf(stack) === "docker") {
    await ensureDockerPlugin(engine.environment);
  }
  const work = (pulumi: RunPulumi): Promise<number> => up(engine, stack, pulumi);
  const { code, lines } = isVerbose
    ? { code: await work((words) => runPulumi(engine, words)), lines: [] }
    : await runPulumiQuietly(engine, stack, `pulumi up on stack ${stack}`, work);
  lines.forEach((line) => process.stderr.write(`${visible(line)}\n`));
  if (code !== 0) {
    const remedy = passphraseRemedy(lines.join("\n"));
    if (remedy !== undefined) {
      say(remedy);
    }
    return code;
  }
  if (isVerbose) {
    await showStatus(engine, stack);
  }
  const of = stack === "dev" ? "" : ` --stack ${stack}`;
  say(
    `what is in it: npx v7 status${of}      a prompt: npx v7 psql${of}      its URL: npx v7 url${of}`,
  );
  say("to type `pulumi` yourself: . .v7/env      to stop the database: npm stop");
  return 0;
}

async function up(engine: Engine, stack: string, pulumi: RunPulumi): Promise<number> {
  const isLocal = isLocalState(engine.environment);
  if (isLocal) {
    await recoverLocalStack(stack);
  }
  if (lacksSettings(stack)) {
    writeNewSettings(stack);
    say(`stack ${stack} is new: an embedded server of its own, settings in Pulumi.${stack}.yaml`);
  }
  if (!(isLocal && hasLocalStack(stack) && isSelected(engine, stack))) {
    refusePublicPassphrase(engine, stack);
    const code = await pulumi(["stack", "select", stack, "--create"]);
    if (code !== 0) {
      return code;
    }
  }
  return upWithPolicies(stack, pulumi);
}

/**
 * Runs `pulumi up` with the policy pack. A container that was stopped or removed is refreshed first, so that `up` makes
 * another one on the same volume.
 */
export async function upWithPolicies(stack: string, pulumi: RunPulumi): Promise<number> {
  const refreshed =
    databaseOf(stack) === "docker" ? await pulumi([...REFRESH_CONTAINER, "--stack", stack]) : 0;
  return (
    refreshed ||
    // A preview that nobody reads would double the time; `pulumi up` typed by hand shows one and asks.
    pulumi(["up", "--yes", "--skip-preview", "--stack", stack, "--policy-pack", "policy"])
  );
}

/**
 * Whether the stack has no settings and is new, or was made with an embedded server: then `npm start` writes the settings.
 * Without settings the stack would count as one with an external database, and be refused because no signers are named.
 */
function lacksSettings(stack: string): boolean {
  const resources = localResources(stack);
  const isOwn = resources.length === 0 || kindsOf(resources).has("embedded");
  // Pulumi itself refuses other names.
  return isStackName(stack) && hasNoSettings(stack) && isOwn;
}

/** Refuses the public passphrase for an external database: a stack's key is chosen when the stack is made. */
function refusePublicPassphrase({ environment }: Engine, stack: string): void {
  if (
    databaseOf(stack) === "external" &&
    environment["PULUMI_CONFIG_PASSPHRASE"] === LOCAL_PASSPHRASE
  ) {
    throw fault("COMMAND_INVALID", {
      what: `making the stack "${stack}"`,
      found: `v7:database external, and the passphrase ${LOCAL_PASSPHRASE}, which everybody knows`,
      expected: "a passphrase or a secrets provider of your own",
      remedy: "Make the stack as docs/runbook.md says",
    });
  }
}

/** Whether the stack is selected, by Pulumi's workspace file: reading it is faster than running `pulumi`. */
function isSelected({ environment }: Engine, stack: string): boolean {
  const folder = join(places().pulumiHome, "workspaces");
  const { PULUMI_BACKEND_URL: backend = "" } = environment;
  const selected = `${JSON.stringify(backend)}: "organization/v7/${stack}"`;
  return (
    existsSync(folder) &&
    readdirSync(folder).some((file) => readFileSync(join(folder, file), "utf8").includes(selected))
  );
}

async function showStatus(engine: Engine, stack: string): Promise<void> {
  const words = [join(CHECKOUT, "cli", "v7.cjs"), "status", "--stack", stack];
  const { environment } = engine;
  await run(process.execPath, words, { folder: CHECKOUT, environment, show: true });
}
