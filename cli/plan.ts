import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Option, type Command } from "commander";
import { CHECKOUT } from "../engine/paths";
import { canonicalJson } from "../runner/canonicalJson";
import { withCertificate, withConnection, type ConnectionSettings } from "../runner/connection";
import { loadDirectives } from "../runner/directives";
import { checkLogins, membersByRole } from "../runner/logins";
import { describePreparedPlan } from "../runner/planText";
import {
  preparePlan,
  prepareRollback,
  type PlanRequest,
  type PreparedPlan,
} from "../runner/planner";
import type { ParsedSettings } from "../runner/stackSettings";
import { print, printJson } from "./print";
import {
  connectionFromUrl,
  jsonOption,
  PROJECT,
  readOutputs,
  readSettings,
  stackOption,
} from "./stack";

const HELP = `
Reads the live database and writes nothing to it. The file is what npx v7 approve signs.

Exit codes:
  0  planned, or nothing to do
  1  a fault
  3  something in the database stands in the way; the plan would be refused
`;

interface PlanOptions {
  readonly stack: string;
  readonly action: "apply" | "rollback";
  readonly out?: string;
  readonly json?: true;
}

/** `v7 plan`: what would run on the stack's database, from which base; its digest is what The Architect signs. */
export function addPlan(program: Command): void {
  program
    .command("plan")
    .description("say what would run, and write the plan that The Architect signs")
    .addOption(stackOption())
    .addOption(
      new Option("--action <action>", "what to plan")
        .choices(["apply", "rollback"])
        .default("apply"),
    )
    .option("--out <file>", "where the plan goes; by default .v7/plans/<stack>-<digest>.json")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async (options: PlanOptions) => {
      const prepared = await prepare(options);
      const file = writePlan(prepared, options);
      process.exitCode = prepared.obstacles.length > 0 ? 3 : 0;
      if (options.json === true) {
        const { plan, digest, isProtected, obstacles } = prepared;
        printJson({
          digest: digest ?? null,
          plan: plan ?? null,
          isProtected,
          obstacles,
          file: file ?? null,
        });
        return;
      }
      print(describePreparedPlan(prepared));
      if (file !== undefined) {
        print(`\nwritten to ${file}`);
        print(`to approve it, elsewhere:  npx v7 approve --plan ${file} --key KEY --signer NAME`);
      }
    });
}

async function prepare({ stack, action }: PlanOptions): Promise<PreparedPlan> {
  const settings = await readSettings(stack);
  const directives = await loadDirectives(join(CHECKOUT, "sql"), settings.amendments);
  checkLogins(settings.logins, directives.access);
  const connection = await connectionFor(stack, settings);
  const request: PlanRequest = {
    project: PROJECT,
    stack,
    connection,
    ...directives,
    members: membersByRole(settings.logins),
  };
  const look = action === "apply" ? preparePlan : prepareRollback;
  return await withConnection(connection, (client) => look(client, request), {
    applicationName: "v7 plan",
  });
}

/** An external server is in the settings; one of the stack's own is known once it was made. */
async function connectionFor(
  stack: string,
  { external }: ParsedSettings,
): Promise<ConnectionSettings> {
  if (external === undefined) {
    return connectionFromUrl((await readOutputs(stack)).databaseUrl);
  }
  return withCertificate(CHECKOUT, external);
}

/** The plan's canonical JSON and one line end; undefined where there is nothing to do. */
function writePlan(
  { plan, digest }: PreparedPlan,
  { stack, out }: PlanOptions,
): string | undefined {
  if (plan === undefined || digest === undefined) {
    return undefined;
  }
  const file = out ?? join(CHECKOUT, ".v7", "plans", `${stack}-${digest.slice(0, 16)}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${canonicalJson(plan)}\n`);
  return out ?? relative(process.cwd(), file);
}
