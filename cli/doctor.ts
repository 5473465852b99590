import type { Command } from "commander";
import { main as doctor } from "../engine/doctor";
import { jsonOption } from "./stack";

const HELP = `
Looks at Node.js, the packages, the engine, the plugins, the cache, the state and the passphrase of this
shell; changes nothing, and asks no server.

Exit codes:
  0  nothing is missing
  1  something is: its line says MISSING, and what brings it

Examples:
  npx v7 doctor
  npx v7 doctor --json
`;

/** `v7 doctor`: what was found of what this project needs, where, and what is missing. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("tell what was found, where, and what is missing")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ json }: { json?: true }) => {
      process.exitCode = await doctor(json === true ? ["--json"] : []);
    });
}
