import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { replaceFile } from "../runner/base/replaceFile";
import { shellWord } from "../runner/pages/format";
import { withoutPg } from "../runner/postgres/client";
import { findOnPath } from "./command";
import { places, type Environment } from "./paths";

/**
 * The default passphrase of local stacks. It is public and protects nothing: the only secrets of such a stack are passwords
 * of a server on 127.0.0.1 that belongs to the state's owner. For a shared state Pulumi asks for a passphrase instead.
 */
export const LOCAL_PASSPHRASE = "v7-dev";

/** The folders that go first on PATH: the engine's, this Node.js's where PATH has no `node`, and the folder of `v7`. */
function pathFolders(bin: string, environment: Environment): string[] {
  const hasNode = findOnPath("node", environment) !== undefined;
  const v7 = dirname(places(environment).v7);
  return hasNode ? [bin, v7] : [bin, dirname(process.execPath), v7];
}

/** The variables that are always set. PULUMI_HOME and the backend are the checkout's own: ~/.pulumi is never touched. */
export function ownVariables(environment: Environment = process.env): Record<string, string> {
  const { pulumiHome, temporary } = places(environment);
  const { V7_BACKEND_URL: shared = "" } = environment;
  return {
    PULUMI_HOME: pulumiHome,
    // A shared state is named by V7_BACKEND_URL. PULUMI_BACKEND_URL is not read: it may be another project's.
    PULUMI_BACKEND_URL: shared === "" ? ownBackend(environment) : shared,
    // These would wait for hosts that a closed network cannot reach.
    PULUMI_SKIP_UPDATE_CHECK: "1",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    PULUMI_SUPPRESS_NEO_LINK: "true",
    // Pulumi's processes talk to each other by gRPC on this machine, which a proxy (http_proxy) would not reach.
    no_grpc_proxy: "127.0.0.1,localhost",
    // `npm test` checks types; without it a program, a plugin or a policy pack starts seconds sooner.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    TS_NODE_TRANSPILE_ONLY: "true",
    TMPDIR: temporary,
  };
}

/** The URL of the checkout's own state, used where V7_BACKEND_URL is not set. */
export function ownBackend(environment: Environment = process.env): string {
  return pathToFileURL(places(environment).state).href;
}

/** USER and HOME where they are missing: Pulumi refuses users without them, such as the bare uids of container platforms. */
function missingVariables(environment: Environment): Record<string, string> {
  const name = environment["USER"] ?? "";
  const home = environment["HOME"] ?? "";
  return {
    ...(name === "" ? { USER: environment["LOGNAME"] ?? "v7" } : {}),
    ...(home === "" ? { HOME: places(environment).own } : {}),
  };
}

/** The environment for running `pulumi`: this process's, with our variables and the engine first on PATH. */
export function engineEnvironment(
  bin: string,
  environment: Environment = process.env,
): Record<string, string | undefined> {
  return {
    ...withoutPg(environment),
    ...missingVariables(environment),
    ...ownVariables(environment),
    PATH: [...pathFolders(bin, environment), environment["PATH"] ?? ""].join(delimiter),
    PULUMI_CONFIG_PASSPHRASE: passphraseIn(environment),
  };
}

/** The passphrase that this environment gives, {@link LOCAL_PASSPHRASE} by default; undefined where Pulumi finds it elsewhere. */
export function passphraseIn({
  PULUMI_CONFIG_PASSPHRASE: phrase,
  PULUMI_CONFIG_PASSPHRASE_FILE: file,
  V7_BACKEND_URL: shared = "",
}: Environment): string | undefined {
  return phrase ?? (file === undefined && shared === "" ? LOCAL_PASSPHRASE : undefined);
}

/** The environment as a POSIX shell script to be sourced, several times if need be. */
export function environmentScript(bin: string, environment: Environment = process.env): string {
  // Without TMPDIR: `npm stop` removes ours, and the shell lives on.
  const exports = Object.entries(ownVariables(environment))
    .filter(([name]) => name !== "TMPDIR" && name !== "PULUMI_BACKEND_URL")
    .map(([name, value]) => `export ${name}=${shellWord(value)}`);
  const defaults = Object.entries(missingVariables({})).map(
    ([name, value]) => `[ -n "\${${name}-}" ] || export ${name}=${shellWord(value)}`,
  );
  const folders = pathFolders(bin, environment)
    .reverse()
    .flatMap((folder) => [
      `case ":$PATH:" in`,
      `  *:${shellWord(folder)}:*) ;;`,
      `  *) export PATH=${shellWord(folder)}":$PATH" ;;`,
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
    `  export PULUMI_BACKEND_URL=${shellWord(ownBackend(environment))}`,
    "  # The passphrase of local stacks. It is known to everybody and protects nothing.",
    '  if [ -z "${PULUMI_CONFIG_PASSPHRASE+set}" ] && [ -z "${PULUMI_CONFIG_PASSPHRASE_FILE+set}" ]; then',
    `    export PULUMI_CONFIG_PASSPHRASE=${shellWord(LOCAL_PASSPHRASE)}`,
    "  fi",
    "fi",
    "",
  ].join("\n");
}

/** Makes the environment's folders and the link `v7`, and writes `.v7/env`. */
export function writeEnvironment(bin: string): void {
  const { pulumiHome, state, temporary, v7, environmentFile } = places();
  [pulumiHome, state, temporary, dirname(v7)].forEach((folder) =>
    mkdirSync(folder, { recursive: true, mode: 0o700 }),
  );
  rmSync(v7, { force: true });
  symlinkSync(join("..", "..", "cli", "v7.cjs"), v7);
  replaceFile(environmentFile, environmentScript(bin));
}
