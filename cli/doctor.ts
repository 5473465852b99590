import type { Command } from "commander";
import { main as doctor } from "../engine/doctor";
import { jsonOption } from "./stack";

/** `v7 doctor`: what was found of what this project needs, where, and what is missing. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("tell what was found, where, and what is missing")
    .addOption(jsonOption())
    .action(async ({ json }: { json?: true }) => {
      process.exitCode = await doctor(json === true ? ["--json"] : []);
    });
}
