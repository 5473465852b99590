import { dirname, join } from "node:path";
import { findOnPath, run } from "../engine/command";
import { CHECKOUT, PROJECT } from "../engine/paths";
import { preparedEngine, type Runnable } from "../engine/prepare";
import { passphraseRemedy } from "../engine/state";
import { fault, type Fault } from "../runner/base/fault";
import type { ConnectionSettings, SslMode } from "../runner/model";
import { BOUNDS } from "../runner/postgres/bounds";
import { withCertificate } from "../runner/postgres/connection";
import { readConnectionUrl } from "../runner/postgres/connectionUrl";
import { ownSettings } from "../runner/settings/settingKeys";
import { parseSettings, type ParsedSettings } from "../runner/settings/stackSettings";

/** The outputs of a stack; `databaseUrl` is a secret. */
export interface StackOutputs {
  readonly databaseUrl: string;
  readonly planDigest: string;
  readonly schemaFingerprint: string;
  readonly historyHead: string;
  readonly drift: readonly string[];
}

/**
 * Reads a stack's outputs with the engine that `npm start` prepared, else with the user's own `pulumi`.
 *
 * @throws ENGINE_MISSING, STACK_MISSING
 */
export async function readOutputs(stack: string): Promise<StackOutputs> {
  const outputs = (await askPulumi(stack, "outputs", ["stack", "output"])) as Partial<StackOutputs>;
  if (outputs.databaseUrl === undefined) {
    throw missing(stack, "outputs", "a stack without databaseUrl");
  }
  return outputs as StackOutputs;
}

/** An entry of `pulumi stack history`. */
export interface LastUpdate {
  /** `update`, `refresh`, `destroy`, … */
  readonly kind: string;
  readonly result: "succeeded" | "failed" | "in-progress";
  /** ISO 8601. */
  readonly startTime: string;
}

/**
 * Pulumi's last run on a stack; undefined where there was none.
 *
 * @throws ENGINE_MISSING, STACK_MISSING
 */
export async function readLastUpdate(stack: string): Promise<LastUpdate | undefined> {
  const words = ["stack", "history", "--page-size", "1"];
  const [last] = (await askPulumi(stack, "history", words)) as readonly LastUpdate[];
  return last;
}

/**
 * Reads and checks a stack's settings, as the program does.
 *
 * @throws ENGINE_MISSING, STACK_MISSING, and the SETTING_ codes
 */
export async function readSettings(stack: string): Promise<ParsedSettings> {
  const config = (await askPulumi(stack, "settings", ["config"])) as Record<
    string,
    { value?: string }
  >;
  const own = Object.entries(ownSettings(PROJECT, config));
  return parseSettings(Object.fromEntries(own.map(([key, { value = "" }]) => [key, value])));
}

/**
 * The engine that `npm start` prepared, else the user's own `pulumi`.
 *
 * @throws ENGINE_MISSING
 */
export function findPulumi(): Runnable {
  const own = findOnPath("pulumi");
  const others = own === undefined ? undefined : { bin: dirname(own), environment: process.env };
  const engine = preparedEngine() ?? others;
  if (engine === undefined) {
    throw fault("ENGINE_MISSING", {
      what: "looking for a Pulumi engine",
      found: "none",
      remedy: "Run npm start, which gets one",
    });
  }
  return engine;
}

async function askPulumi(stack: string, what: string, words: readonly string[]): Promise<unknown> {
  const { bin, environment } = findPulumi();
  const { code, output, errors } = await run(
    join(bin, "pulumi"),
    [...words, "--json", "--show-secrets", "--stack", stack, "--non-interactive"],
    { folder: CHECKOUT, environment, timeoutSeconds: BOUNDS.stateSeconds },
  );
  if (code !== 0) {
    const silence = `no answer within ${BOUNDS.stateSeconds} s`;
    // "no stack named 'x' found" follows our own "found".
    throw missing(stack, what, errors.trim().replace(/^error: | found$/g, "") || silence);
  }
  return JSON.parse(output);
}

function missing(stack: string, what: string, found: string): Fault {
  const otherwise =
    stack === "dev"
      ? "Run npm start"
      : "Check --stack, and V7_BACKEND_URL where its state is shared; then run pulumi up on it";
  return fault("STACK_MISSING", {
    what: `reading the ${what} of stack "${stack}"`,
    found,
    remedy: passphraseRemedy(found) ?? otherwise,
  });
}

/** The connection that a stack's `databaseUrl` describes. */
export function connectionFromUrl(databaseUrl: string): ConnectionSettings {
  const { sslMode = "verify-full", ...given } = readConnectionUrl(
    databaseUrl,
    "the stack's databaseUrl",
  );
  const absent = { host: "", port: 5432, databaseName: "", user: "", password: "" };
  return withCertificate(CHECKOUT, { ...absent, ...given, sslMode: sslMode as SslMode });
}
