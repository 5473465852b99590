import { Option, type Command } from "commander";
import { main as doctor } from "../engine/doctor";
import { describeFindings, nextSteps } from "./doctor/examination";
import { examineStack } from "./doctor/stack";
import { print, printJson } from "./print";
import { jsonOption } from "./stack";

const HELP = `
Without --stack it looks at Node.js, the packages, the engine, the plugins, the cache, the state and the
passphrase of this shell, and asks no server.

With --stack it looks at everything from this machine to that stack's database: machine, settings, last
run, DNS, TCP, TLS, login, pooler, rights, history, trust, locks, drift, pending plan and its approval.
What fails keeps only those checks from being made that need it; they say "not looked at". It ends with
what to do next, in order. Reads only, and every wait has an end.

Exit codes:
  0  nothing is missing, nothing fails
  1  something is: its line says MISSING, or FAIL, and what to do

Examples:
  npx v7 doctor
  npx v7 doctor --stack prod
  npx v7 doctor --stack prod --json
`;

interface DoctorOptions {
  readonly stack?: string;
  readonly json?: true;
}

/** `v7 doctor`: what was found of what this project needs, or of all that a stack's database needs, and what to do. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("tell what was found, where, what is missing; of a stack: what to do next")
    .addOption(new Option("--stack <name>", "look at everything up to this stack's database, too"))
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ stack, json }: DoctorOptions) => {
      process.exitCode =
        stack === undefined
          ? await doctor(json === true ? ["--json"] : [])
          : await showStack(stack, json === true);
    });
}

async function showStack(stack: string, isJson: boolean): Promise<number> {
  const findings = await examineStack(stack);
  if (isJson) {
    printJson({ stack, findings, next: nextSteps(findings) });
  } else {
    print(describeFindings(findings));
  }
  return findings.some(({ state }) => state === "fail") ? 1 : 0;
}
