import type { Command } from "commander";
import { runPulumi } from "../engine/prepare";
import { rollbackDirective } from "../runner/actions/rollback";
import { authorize } from "../runner/approval/authorize";
import { Fault } from "../runner/base/fault";
import { when } from "../runner/base/when";
import { count } from "../runner/pages/blocks";
import type { PreparedPlan } from "../runner/plan/plan";
import { withConnection } from "../runner/postgres/connection";
import { stackOption } from "./options";
import { makePlan, showPlan } from "./plan";
import { print, printAside, printEach } from "./print";
import { runRequest, type StackRequest } from "./request";
import { findPulumi } from "./stack";

const HELP = `
Runs the commands of a rollback in docs/runbook.md, and shows each before it runs: makes the plan, lifts
Pulumi's protection, destroys the migration. Stops at the first command that fails. Every row and every
written value is archived in the schema v7_archive first; npx v7 restore brings it back. Where the plan needs
an approval and has none, it rehearses the plan, writes the packet and stops: have the plan signed, and run
this again.

  --to  rolls back only the directives after the named one, in one transaction; Pulumi's resources stay

Exit codes:
  0  rolled back, or nothing to roll back
  1  a fault, or the command shown last failed
  3  the database has obstacles, or the plan is not approved; nothing was changed

Examples:
  npx v7 rollback
  npx v7 rollback --stack prod
  npx v7 rollback --to ad_005
`;

export function addRollback(program: Command): void {
  program
    .command("rollback")
    .description("roll the directive back: plan it and, where the plan is approved, run it")
    .addOption(stackOption())
    .option("--to <directive>", "the last directive that stays; by default none")
    .addHelpText("after", HELP)
    .action(async ({ stack, to }: { stack: string; to?: string }) => {
      process.exitCode = await rollback(stack, to);
    });
}

async function rollback(stack: string, to?: string): Promise<0 | 1 | 3> {
  const planning = { stack, action: "rollback", ...(to === undefined ? {} : { to }) } as const;
  const made = await makePlan(planning);
  const { read, prepared } = made;
  const refusal = prepared.plan === undefined ? undefined : await refusalOf(prepared, read);
  const isToSign = refusal !== undefined;
  // A plan that may run was rehearsed before it was signed: a rollback is often urgent.
  show(
    [
      `npx v7 plan --stack ${stack} --action rollback`,
      ...when(to !== undefined, `--to ${String(to)}`),
      ...when(!isToSign, "--no-packet --no-rehearsal"),
    ].join(" "),
  );
  const code = await showPlan(made, { ...planning, packet: isToSign, rehearsal: isToSign });
  if (code !== 0 || prepared.plan === undefined) {
    return code;
  }
  if (refusal !== undefined) {
    printAside(refusal.message, "red");
    print("\nNothing was changed. Once the plan is signed, run this again.");
    if (to === undefined) {
      print("It will run:");
      printEach(commandsOf(stack).map((words) => `  ${asTyped(words)}`));
    }
    return 3;
  }
  if (to !== undefined) {
    await rollBackLater(read);
    return 0;
  }
  const engine = findPulumi();
  for (const words of commandsOf(stack)) {
    show(asTyped(words));
    if ((await runPulumi(engine, words)) !== 0) {
      return 1;
    }
  }
  return 0;
}

/** Rolls back the directives after the named one. Pulumi's resources stay: they belong to all directives together. */
async function rollBackLater(read: StackRequest): Promise<void> {
  const { undone, archived } = await rollbackDirective(runRequest(read, printAside));
  print(`taken back: ${undone.join(", ")}`);
  printEach(
    archived.map(({ from, to, rows }) => `archived: ${count(rows, "row")} of ${from} in ${to}`),
  );
  print("The next pulumi up brings these steps again, unless this checkout no longer has them.");
}

/** The commands after the plan: the migration and the catalog check have Pulumi's option `protect`. */
function commandsOf(stack: string): readonly (readonly string[])[] {
  const migration = ["--target", "**MigrationRunner::directive", "--target-dependents"];
  return [
    ["state", "unprotect", "--all", "--yes", "--stack", stack],
    ["destroy", "--yes", "--skip-preview", "--stack", stack, ...migration],
  ];
}

/** Why the plan may not run, as the run itself will judge it; undefined where it may. */
async function refusalOf(
  prepared: PreparedPlan,
  { request, rules }: StackRequest,
): Promise<Fault | undefined> {
  try {
    await withConnection(request.connection, (client) => authorize(prepared, client, rules), {
      applicationName: "v7 rollback",
    });
    return undefined;
  } catch (error) {
    if (error instanceof Fault && error.code.startsWith("APPROVAL_")) {
      return error;
    }
    throw error;
  }
}

function show(command: string): void {
  print(`\n$ ${command}`, "bold");
}

/** The command as a person types it. */
function asTyped(words: readonly string[]): string {
  return ["pulumi", ...words.map((word) => (word.includes("*") ? `'${word}'` : word))].join(" ");
}
