import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { Option, type Command } from "commander";
import { CHECKOUT } from "../engine/paths";
import type { PreparedRepair } from "../runner/actions/repair";
import { canonicalJson } from "../runner/base/canonicalJson";
import { fault } from "../runner/base/fault";
import { describeProgram } from "../runner/base/programDigest";
import { formatDifference } from "../runner/catalog/compare";
import type { PlanAction } from "../runner/model";
import type { PreparedPlan } from "../runner/plan/plan";
import { describePreparedPlan } from "../runner/plan/planText";
import { stoppingObstacles } from "../runner/plan/stoppingObstacles";
import { jsonOption, stackOption, wholeNumber } from "./options";
import { writePacket, type PacketFiles } from "./plan/packet";
import { describeRehearsed, rehearsePlan, type Rehearsed } from "./plan/planRehearsal";
import { ACTIONS, prepareAction, type PlannerOptions } from "./plan/planners";
import { print, printJson } from "./print";
import { readStackRequest, type StackRequest } from "./request";

const HELP = `
Reads the live database and writes nothing to it. The plan is rehearsed on a throwaway server
that looks like it (npx v7 rehearse). npx v7 approve signs the plan's file; the packet for the
signer is written beside it, as a page (.html) and as Markdown (.md).

Exit codes:
  0  planned, or nothing to do
  1  a fault
  3  the plan would be refused: the database has obstacles, the rehearsal failed, or its result was
     not the expected one

Examples:
  npx v7 plan --stack prod --out plan.json
  npx v7 plan --stack prod --action rollback --out rollback.json
  npx v7 plan --stack prod --action rollback --to ad_005
`;

interface PlanOptions extends PlannerOptions {
  readonly stack: string;
  readonly out?: string;
  readonly packet: boolean;
  readonly rehearsal: boolean;
  readonly json?: true;
}

/** A plan, and the request that it was made for. */
interface MadePlan {
  readonly read: StackRequest;
  readonly prepared: PreparedPlan | PreparedRepair;
}

export function addPlan(program: Command): void {
  program
    .command("plan")
    .description("show what would run, and write the plan that The Architect signs")
    .addOption(stackOption())
    .addOption(new Option("--action <action>", "what to plan").choices(ACTIONS).default("apply"))
    .option("--to <directive>", "rollback only: the last directive that stays; by default none")
    .option("--archive <name>", "restore only: which archive; by default the newest")
    .option("--signers <file>", "trust only: the new allowed signers")
    .option("--required <number>", "trust only: how many must approve", wholeNumber(1, 99))
    .option("--vouch", "trust only: vouch for the history's existing rows")
    .option("--out <file>", "the plan's file; by default .v7/plans/<stack>-<digest>.json")
    .option("--no-packet", "write no packet beside the plan")
    .option("--no-rehearsal", "do not rehearse the plan")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async (options: PlanOptions) => {
      process.exitCode = await showPlan(await makePlan(options), options);
    });
}

/** Makes the plan of an action, from the live database. */
export async function makePlan(options: PlannerOptions & { stack: string }): Promise<MadePlan> {
  const read = rollingBackTo(await readStackRequest(options.stack), options);
  return { read, prepared: await prepareAction(read, options) };
}

/**
 * Rehearses a plan, writes it with its packet, and prints it.
 *
 * @returns the exit code: 3 where the database has obstacles, the rehearsal failed, or its result was not the expected one
 */
export async function showPlan({ read, prepared }: MadePlan, options: PlanOptions): Promise<0 | 3> {
  const file = writePlan(prepared, options);
  const rehearsed = file === undefined ? {} : await rehearsePlan(read.request, options);
  const packet =
    file === undefined || !options.packet
      ? undefined
      : await writePacket(file, {
          prepared,
          directives: read.request,
          stack: options.stack,
          rehearsal: rehearsed.rehearsal,
          rehearsalFailure: rehearsed.failure,
        });
  const isBlocked = stoppingObstacles(prepared.obstacles).length > 0;
  const isWrong =
    rehearsed.failure !== undefined || (rehearsed.rehearsal?.differences.length ?? 0) > 0;
  const written = { prepared, file, rehearsed, packet };
  if (options.json === true) {
    printJson(planJson(written));
  } else {
    printPlan(written, options.action);
  }
  return isBlocked || isWrong ? 3 : 0;
}

/** A plan, and what was made of it; a part is undefined where there is nothing to do, or where it was not asked for. */
interface WrittenPlan {
  readonly prepared: PreparedPlan | PreparedRepair;
  readonly file: string | undefined;
  readonly rehearsed: Rehearsed;
  readonly packet: PacketFiles | undefined;
}

function planJson({ prepared, file, rehearsed, packet }: WrittenPlan): Record<string, unknown> {
  const { plan, digest, isProtected, obstacles } = prepared;
  return {
    digest: digest ?? null,
    plan: plan ?? null,
    isProtected,
    obstacles,
    file: file ?? null,
    packet: packet ?? null,
    rehearsalFailure: rehearsed.failure ?? null,
    rehearsalDifferences: rehearsed.rehearsal?.differences ?? null,
    ...("repairs" in prepared ? { repairs: prepared.repairs } : {}),
  };
}

function printPlan({ prepared, file, rehearsed, packet }: WrittenPlan, action: PlanAction): void {
  print(describePreparedPlan(prepared, action));
  if (prepared.plan !== undefined) {
    print(describeProgram());
  }
  if ("repairs" in prepared) {
    printRepairs(prepared);
  }
  if (file === undefined) {
    return;
  }
  print(describeRehearsed(rehearsed));
  print(`\nwritten to ${file}`);
  if (packet !== undefined) {
    print(`the packet: ${packet.html}`);
    print(`for a pull request: ${packet.markdown}`);
  }
  print(`to approve it, elsewhere:  npx v7 approve --plan ${file} --key KEY --signer NAME`);
  if (packet !== undefined) {
    print("  or with OpenSSH alone: two commands in the packet, under “To approve or to reject”");
  }
}

/** The stack's request, with the directive at which a rollback stops: planning, rehearsal and approval use the same request. */
function rollingBackTo(
  read: StackRequest,
  { action, to }: Pick<PlannerOptions, "action" | "to">,
): StackRequest {
  if (to === undefined) {
    return read;
  }
  if (action !== "rollback") {
    throw fault("COMMAND_INVALID", {
      what: "reading the options of npx v7 plan",
      found: `--to with the action ${action}`,
      expected: "--to only with --action rollback",
      remedy: "Leave --to out",
    });
  }
  return { ...read, request: { ...read.request, to } };
}

/** Prints the SQL whose digests are in the plan, and the findings that no plan repairs. */
function printRepairs({ repairs, left }: PreparedRepair): void {
  for (const { id, sql, note } of repairs) {
    print(`\n-- ${id}${note === undefined ? "" : `: ${note}`}\n${sql.trim()}`);
  }
  for (const finding of left) {
    print(`\nleft to a person: ${formatDifference(finding)}. ${finding.repair.note ?? ""}`);
  }
}

/** Writes the plan's canonical JSON; returns the file's path, undefined where there is nothing to do. */
function writePlan(
  { plan: made, digest }: PreparedPlan,
  { stack, out }: PlanOptions,
): string | undefined {
  if (made === undefined || digest === undefined) {
    return undefined;
  }
  const file = out ?? join(CHECKOUT, ".v7", "plans", `${stack}-${digest.slice(0, 16)}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${canonicalJson(made)}\n`);
  return out ?? relative(process.cwd(), file);
}
