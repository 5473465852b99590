import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { replaceFile } from "../runner/base/replaceFile";
import { withoutPg } from "../runner/postgres/client";
import { findOnPath } from "./command";
import { places } from "./paths";

/**
 * The passphrase of stacks whose user has set none. It is known to everybody and protects nothing: it is for local
 * stacks, whose secret is the password of a server on 127.0.0.1 that the state's owner runs anyway. Where the state is
 * shared, Pulumi asks for one instead.
 */
export const LOCAL_PASSPHRASE = "v7-dev";

type Environment = Readonly<Record<string, string | undefined>>;

/** The folders that come first on PATH: the engine's, that of this Node.js where PATH has no `node`, and that of `v7`. */
function pathFolders(bin: string, environment: Environment = process.env): string[] {
  const hasNode = findOnPath("node", environment) !== undefined;
  const v7 = dirname(places(environment).v7);
  return hasNode ? [bin, v7] : [bin, dirname(process.execPath), v7];
}

/** What is always set: a PULUMI_HOME, a backend and settings of this checkout's own, so that ~/.pulumi is never touched. */
export function ownVariables(environment: Environment = process.env): Record<string, string> {
  const { pulumiHome, temporary } = places(environment);
  const { V7_BACKEND_URL: shared = "" } = environment;
  return {
    PULUMI_HOME: pulumiHome,
    // V7_BACKEND_URL is for state that is shared. PULUMI_BACKEND_URL is not read: it may be another project's.
    PULUMI_BACKEND_URL: shared === "" ? ownBackend(environment) : shared,
    // Nothing that waits for a host which a closed network cannot reach.
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    PULUMI_SUPPRESS_NEO_LINK: "true",
    // `npm test` checks types; a program, a plugin and a policy pack start seconds sooner without.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    TS_NODE_TRANSPILE_ONLY: "true",
    TMPDIR: temporary,
  };
}

/** The state of this checkout alone, where V7_BACKEND_URL names none. */
export function ownBackend(environment: Environment = process.env): string {
  return pathToFileURL(places(environment).state).href;
}

/**
 * What is set where the user has none of it: Pulumi refuses a user without a name or a home, such as the bare uids that
 * container platforms run things under.
 */
function missingVariables(environment: Environment = process.env): Record<string, string> {
  const name = environment["USER"] ?? "";
  const home = environment["HOME"] ?? "";
  return {
    ...(name === "" ? { USER: environment["LOGNAME"] ?? "v7" } : {}),
    ...(home === "" ? { HOME: places(environment).own } : {}),
  };
}

/** The environment in which `pulumi` is this project's: that of this process, with the engine first on PATH. */
export function engineEnvironment(
  bin: string,
  environment: Environment = process.env,
): Record<string, string | undefined> {
  const {
    PULUMI_CONFIG_PASSPHRASE: phrase,
    PULUMI_CONFIG_PASSPHRASE_FILE: file,
    V7_BACKEND_URL: shared = "",
  } = environment;
  return {
    ...withoutPg(environment),
    ...missingVariables(environment),
    ...ownVariables(environment),
    PATH: [...pathFolders(bin, environment), environment["PATH"] ?? ""].join(delimiter),
    ...(phrase === undefined && file === undefined && shared === ""
      ? { PULUMI_CONFIG_PASSPHRASE: LOCAL_PASSPHRASE }
      : {}),
  };
}

/** The text as one word of a POSIX shell, whatever is in it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same environment as a POSIX shell script, to be sourced: sourcing it twice changes nothing more. */
export function environmentScript(bin: string, environment: Environment = process.env): string {
  // A shell that lives on keeps its own TMPDIR: `npm stop` removes ours.
  const exports = Object.entries(ownVariables(environment))
    .filter(([name]) => name !== "TMPDIR" && name !== "PULUMI_BACKEND_URL")
    .map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  const defaults = Object.entries(missingVariables({})).map(
    ([name, value]) => `[ -n "\${${name}-}" ] || export ${name}=${shellQuote(value)}`,
  );
  const folders = pathFolders(bin, environment)
    .reverse()
    .flatMap((folder) => [
      `case ":$PATH:" in`,
      `  *:${shellQuote(folder)}:*) ;;`,
      `  *) export PATH=${shellQuote(folder)}":$PATH" ;;`,
      "esac",
    ]);
  return [
    "# Made by `npm start` and `npm run engine`. Source it to type `pulumi` and `v7` yourself:  . .v7/env",
    ...folders,
    ...exports,
    ...defaults,
    "# The shell that sources this decides whose state it is, not the run that wrote it.",
    `if [ -n "\${V7_BACKEND_URL-}" ]; then`,
    '  export PULUMI_BACKEND_URL="$V7_BACKEND_URL"',
    "else",
    `  export PULUMI_BACKEND_URL=${shellQuote(ownBackend(environment))}`,
    "  # The passphrase of local stacks. It is known to everybody and protects nothing.",
    '  if [ -z "${PULUMI_CONFIG_PASSPHRASE+set}" ] && [ -z "${PULUMI_CONFIG_PASSPHRASE_FILE+set}" ]; then',
    `    export PULUMI_CONFIG_PASSPHRASE=${shellQuote(LOCAL_PASSPHRASE)}`,
    "  fi",
    "fi",
    "",
  ].join("\n");
}

/** Makes the folders that the environment names and the command `v7`, and writes `.v7/env`. */
export function writeEnvironment(bin: string): void {
  const { pulumiHome, state, temporary, v7, environmentFile } = places();
  [pulumiHome, state, temporary, dirname(v7)].forEach((folder) =>
    mkdirSync(folder, { recursive: true, mode: 0o700 }),
  );
  rmSync(v7, { force: true });
  symlinkSync(join("..", "..", "cli", "v7.cjs"), v7);
  replaceFile(environmentFile, environmentScript(bin));
}
