import { Command } from "commander";
import { Fault, messageOf } from "../runner/base/fault";
import { fileFault } from "../runner/base/fileFault";
import { RUNNER_VERSION } from "../runner/base/version";
import { addAdopt } from "./adopt";
import { addApprovals } from "./approvals";
import { addApprove } from "./approve";
import { addBranch } from "./branch";
import { addDirective } from "./directive";
import { addDoctor } from "./doctor";
import { addDrift } from "./drift";
import { addPlan } from "./plan";
import { printAside } from "./print";
import { addPsql } from "./psql";
import { addRehearse } from "./rehearse";
import { addRepair } from "./repair";
import { addReport } from "./report";
import { addRestore } from "./restore";
import { addRevoke } from "./revoke";
import { addRollback } from "./rollback";
import { addStatus } from "./status";
import { addStop } from "./stop";
import { addTrust } from "./trust";
import { addUrl } from "./url";
import { addVerifier } from "./verifier";
import { answerWords } from "./words";

/** Every verb, in the order of `v7 --help`. */
const VERBS = [
  addDoctor,
  addStatus,
  addUrl,
  addPsql,
  addPlan,
  addRehearse,
  addApprove,
  addApprovals,
  addAdopt,
  addRollback,
  addRestore,
  addTrust,
  addRevoke,
  addVerifier,
  addDrift,
  addRepair,
  addReport,
  addDirective,
  addBranch,
  addStop,
];

const HELP = `
Exit codes: 0 success, 1 a fault that the message names, 2 drift (v7 drift only), 3 the answer is no,
70 a bug; v7 psql exits as psql does. Every fault: docs/errors.md.

Environment:
  V7_STACK                           the stack, where --stack names none (default: dev)
  V7_BACKEND_URL                     where the stacks' state is (default: .v7/state of the checkout)
  PULUMI_CONFIG_PASSPHRASE[_FILE]    decrypts a stack's secrets
All variables: docs/engine.md; those of a connection: npx v7 drift --help.

A first look:
  npm start                  # a PostgreSQL of your own, to which the directive is applied
  npx v7 status              # applied steps, progress, dashboard
  npx v7 plan --help         # a verb's options, exit codes and examples
`;

/** The program with all of its verbs. */
export function makeProgram(): Command {
  const program = new Command("v7")
    .description("Looks after the stacks that carry out ARCHITECTURAL DIRECTIVE 005.")
    .version(RUNNER_VERSION)
    // An option after a subcommand belongs to the subcommand, even where its parent has an option of that name.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText("after", HELP);
  for (const add of VERBS) {
    add(program);
  }
  return program;
}

/** Runs the command line. A fault ends it with its message and exit code 1, a bug with its stack trace and 70. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that stops early, as in `v7 status | head`, is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  const program = makeProgram();
  answerWords(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    const known = error instanceof Fault ? error : fileFault(error);
    process.exitCode = known === undefined ? 70 : 1;
    printAside(known?.message ?? describeBug(error), "red");
  }
}

function describeBug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  return `v7 has a bug; please report it.\n${stack}`;
}
