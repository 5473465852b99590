import { join } from "node:path";
import { Option } from "commander";
import { findOnPath, run } from "../engine/command";
import { CHECKOUT } from "../engine/paths";
import { preparedEngine } from "../engine/prepare";
import type { ConnectionSettings, SslMode } from "../runner/connection";
import { fault } from "../runner/fault";

/** The outputs of a stack; `databaseUrl` is a secret and is never printed but by `v7 url`. */
export interface StackOutputs {
  readonly databaseUrl: string;
  readonly planDigest: string;
  readonly schemaFingerprint: string;
  readonly historyHead: string;
  readonly drift: readonly string[];
}

/** `--stack`, as every verb that looks at one has it. */
export function stackOption(): Option {
  return new Option("--stack <name>", "the stack").env("V7_STACK").default("dev");
}

/** `--json`, as every verb that shows something has it. */
export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

/**
 * Reads a stack's outputs, with the engine that `npm start` made, else with the user's own `pulumi`.
 *
 * @throws ENGINE_MISSING, STACK_MISSING
 */
export async function readOutputs(stack: string): Promise<StackOutputs> {
  const engine = preparedEngine();
  const command = engine === undefined ? findOnPath("pulumi") : join(engine.bin, "pulumi");
  if (command === undefined) {
    throw fault("ENGINE_MISSING", {
      what: "looking for a Pulumi engine",
      found: "none",
      remedy: "Run npm start, which gets one",
    });
  }
  const { code, output, errors } = await run(
    command,
    ["stack", "output", "--json", "--show-secrets", "--stack", stack, "--non-interactive"],
    { folder: CHECKOUT, environment: engine?.environment ?? process.env },
  );
  const outputs = code === 0 ? (JSON.parse(output) as Partial<StackOutputs>) : undefined;
  if (outputs?.databaseUrl === undefined) {
    throw fault("STACK_MISSING", {
      what: `reading the outputs of stack "${stack}"`,
      found:
        outputs === undefined
          ? errors.trim().replace(/^error: /, "")
          : "a stack without databaseUrl",
      remedy: stack === "dev" ? "Run npm start" : "Check --stack, and run pulumi up on it",
    });
  }
  return outputs as StackOutputs;
}

/** The connection that a stack's `databaseUrl` describes. */
export function connectionFromUrl(databaseUrl: string): ConnectionSettings {
  const url = new URL(databaseUrl);
  return {
    // An IPv6 address stands in brackets in a URL, and without them everywhere else.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port),
    databaseName: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    sslMode: (url.searchParams.get("sslmode") ?? "verify-full") as SslMode,
  };
}
