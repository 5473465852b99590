import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Option, type Command } from "commander";
import type { ClientBase } from "pg";
import { CHECKOUT } from "../engine/paths";
import { prepareAdopt } from "../runner/adopt";
import { canonicalJson } from "../runner/canonicalJson";
import { withConnection } from "../runner/connection";
import { formatDifference } from "../runner/drift";
import type { PlanAction } from "../runner/plan";
import { describePreparedPlan } from "../runner/planText";
import { preparePlan, prepareRollback, type PreparedPlan } from "../runner/planner";
import { prepareRepair, type PreparedRepair } from "../runner/repair";
import { prepareRestore } from "../runner/restore";
import { prepareTrust } from "../runner/trust";
import { print, printJson } from "./print";
import { readStackRequest, type StackRequest } from "./request";
import { jsonOption, stackOption } from "./stack";
import { readTrust, type TrustOptions } from "./trust";

const HELP = `
Reads the live database and writes nothing to it. The file is what npx v7 approve signs.

Exit codes:
  0  planned, or nothing to do
  1  a fault
  3  something in the database stands in the way; the plan would be refused
`;

/** By action, what says what would run. */
const PLANNERS = {
  apply: preparePlan,
  rollback: prepareRollback,
  adopt: prepareAdopt,
  restore: prepareRestore,
  repair: (client: ClientBase, request: StackRequest["request"]) => prepareRepair(client, request),
} as const satisfies Partial<
  Record<
    PlanAction,
    (
      client: ClientBase,
      request: StackRequest["request"] & Pick<PlanOptions, "archive">,
    ) => Promise<PreparedPlan>
  >
>;

interface PlanOptions extends TrustOptions {
  readonly stack: string;
  readonly action: keyof typeof PLANNERS | "trust";
  /** Of the action restore. */
  readonly archive?: string;
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
        .choices([...Object.keys(PLANNERS), "trust"])
        .default("apply"),
    )
    .option("--archive <name>", "with --action restore: which archive; by default the newest")
    .option("--out <file>", "where the plan goes; by default .v7/plans/<stack>-<digest>.json")
    .option("--signers <file>", "trust only: the new allowed signers")
    .option("--required <number>", "trust only: how many must approve")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async (options: PlanOptions) => {
      const prepared = await prepare(options);
      const file = writePlan(prepared, options);
      process.exitCode = prepared.obstacles.some(({ isPassing }) => isPassing !== true) ? 3 : 0;
      if (options.json === true) {
        const { plan, digest, isProtected, obstacles } = prepared;
        printJson({
          digest: digest ?? null,
          plan: plan ?? null,
          isProtected,
          obstacles,
          file: file ?? null,
          ...("repairs" in prepared ? { repairs: prepared.repairs } : {}),
        });
        return;
      }
      print(describePreparedPlan(prepared));
      if ("repairs" in prepared) {
        printRepairs(prepared);
      }
      if (file !== undefined) {
        print(`\nwritten to ${file}`);
        print(`to approve it, elsewhere:  npx v7 approve --plan ${file} --key KEY --signer NAME`);
      }
    });
}

/** The SQL whose digests the plan has, and what no plan repairs. */
function printRepairs({ repairs, left }: PreparedRepair): void {
  for (const { id, sql, repair } of repairs) {
    print(`\n-- ${id}${repair.note === undefined ? "" : `: ${repair.note}`}\n${sql.trim()}`);
  }
  for (const finding of left) {
    print(`\nleft to a person: ${formatDifference(finding)}. ${finding.repair.note ?? ""}`);
  }
}

async function prepare({
  stack,
  action,
  archive,
  ...options
}: PlanOptions): Promise<PreparedPlan | PreparedRepair> {
  const { request: read, settings } = await readStackRequest(stack);
  const request = { ...read, ...(archive === undefined ? {} : { archive }) };
  const planner: (client: ClientBase) => Promise<PreparedPlan | PreparedRepair> =
    action === "trust"
      ? (client) => prepareTrust(client, { ...request, trust: readTrust(options, settings) })
      : (client) => PLANNERS[action](client, request);
  return await withConnection(request.connection, planner, { applicationName: "v7 plan" });
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
