import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import type { PlanAction } from "../../runner/model";
import { makeCheckout, type Checkout, type CommandResult } from "./checkout";
import { startTestServer, type TestDatabase } from "./postgres";

/** The stand-in refuses protected databases; this switch exists for these tests, and its warning says so. */
export const STAND_IN = { V7_STAND_IN_ON_PROTECTED: "tests-only" };

/** The stack prod in a checkout of its own, on a protected database that trusts one key; nothing has run on it yet. */
export interface ProtectedStack {
  readonly checkout: Checkout;
  readonly database: TestDatabase;
  /** As the server's superuser. */
  readonly admin: Client;
  /** The Architect's private key. */
  readonly key: string;
  /** `pulumi`, with the stand-in that works on protected databases. */
  pulumi(args: readonly string[], environment?: Record<string, string>): CommandResult;
  /** `pulumi up` or `pulumi destroy` of prod, without a question. */
  run(
    verb: "up" | "destroy",
    more?: readonly string[],
    environment?: Record<string, string>,
  ): CommandResult;
  /** A plan of that action, signed as The Architect would, with the real commands. */
  approve(action: PlanAction, more?: readonly string[], key?: string): void;
  /** Stops what runs and removes the files. */
  remove(): Promise<void>;
}

export async function makeProtectedStack(): Promise<ProtectedStack> {
  const [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 17 })]);
  const database = await server.createDatabase({ shape: "supabase" });
  const architect = join(checkout.folder, "..", "architect");
  makeSigner(architect, join(checkout.folder, "sql", "ad_005", "approvals", "allowed_signers"));
  writeExternalStack(checkout, "prod", database);
  return {
    checkout,
    database,
    admin: await database.connect(server.superuser, server.superuserPassword),
    key: architect,
    pulumi: (args, environment = {}) => checkout.pulumi(args, { ...STAND_IN, ...environment }),
    run: (verb, more = [], environment = {}) =>
      checkout.pulumi([verb, "--yes", "--skip-preview", "--stack", "prod", ...more], {
        ...STAND_IN,
        ...environment,
      }),
    approve: (action, more = [], key = architect) => {
      approvePlan(checkout, key, action, more);
    },
    remove: async () => {
      checkout.remove();
      await server.stop();
    },
  };
}

/** The settings of a stack on that database, as a file and its password as a secret; the stack is made. */
export function writeExternalStack(
  checkout: Checkout,
  stack: string,
  database: TestDatabase,
  more: readonly string[] = [],
): void {
  writeFileSync(
    join(checkout.folder, `Pulumi.${stack}.yaml`),
    [
      "config:",
      "  v7:database: external",
      `  v7:host: ${database.host}`,
      `  v7:port: "${String(database.port)}"`,
      `  v7:databaseName: ${database.name}`,
      `  v7:user: ${database.owner}`,
      "  v7:sslMode: disable",
      ...more.map((line) => `  ${line}`),
      "",
    ].join("\n"),
  );
  const password = ["config", "set", "--secret", "v7:password", database.ownerPassword];
  for (const args of [
    ["stack", "init", stack],
    [...password, "--stack", stack],
  ]) {
    const { code, output } = checkout.pulumi(args);
    if (code !== 0) {
      throw new Error(output);
    }
  }
}

/** A new key without a passphrase, and a file of allowed signers that gives it to The Architect. */
export function makeSigner(file: string, signers: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "architect", "-f", file]);
  const publicKey = readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  writeFileSync(signers, `architect namespaces="v7-approval" ${publicKey}\n`);
}

function approvePlan(
  checkout: Checkout,
  key: string,
  action: string,
  more: readonly string[],
): void {
  const plan = join(checkout.folder, "..", `${action}.json`);
  const planning = ["plan", "--stack", "prod", "--action", action, "--out", plan, ...more];
  const planned = checkout.v7(planning);
  expect(planned.output).toMatch(/plan digest [0-9a-f]{64}/);
  if (planned.code !== 0) {
    throw new Error(planned.output);
  }
  const args = ["approve", "--plan", plan, "--key", key, "--signer", "architect", "--yes"];
  expect(checkout.v7(args).code).toBe(0);
}
