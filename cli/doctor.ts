import { Option, type Command } from "commander";
import { main as doctor } from "../engine/doctor";
import { describeFindings, nextSteps } from "./doctor/examination";
import { examineStack } from "./doctor/stack";
import { jsonOption } from "./options";
import { printAnswer } from "./print";

const HELP = `
Without --stack it checks Node.js, the packages, the engine, the plugins, the cache, the state and the
passphrase of this shell, and connects to no server.

With --stack it checks everything from this machine to that stack's database: machine, settings, last
run, DNS, TCP, TLS, login, pooler, rights, history, trust, locks, drift, pending plan and its approval.
A check that fails skips only the checks that need its result; these say "not looked at". The output ends
with what to do next, in order. Reads only, and every wait has a time limit.

Exit codes:
  0  nothing is missing, and no check fails
  1  else: a line with MISSING or FAIL says what to do

Examples:
  npx v7 doctor
  npx v7 doctor --stack prod
  npx v7 doctor --stack prod --json
`;

interface DoctorOptions {
  readonly stack?: string;
  readonly json?: true;
}

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("check this machine, or a stack up to its database, and say what to do next")
    .addOption(new Option("--stack <name>", "also check everything up to this stack's database"))
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: DoctorOptions) => {
      process.exitCode =
        stack === undefined
          ? await doctor(json === true ? ["--json"] : [])
          : await showStack(stack, json);
    });
}

async function showStack(stack: string, json: true | undefined): Promise<number> {
  const findings = await examineStack(stack);
  printAnswer(json, { stack, findings, next: nextSteps(findings) }, () => [
    describeFindings(findings),
  ]);
  return findings.some(({ state }) => state === "fail") ? 1 : 0;
}
