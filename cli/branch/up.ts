import { Option, type Command } from "commander";
import { elapsed, say } from "../../engine/progress";
import { fault } from "../../runner/base/fault";
import { withoutPassword } from "../clientUrl";
import { branchOption, days, jsonOption } from "../options";
import { print, printJson } from "../print";
import { bringUp, DEFAULT_TTL_DAYS } from "./bringUp";
import { chosenBranch } from "./git";
import { giveData, readSeed, type GivenData } from "./giveData";
import { stackNameOf } from "./name";
import { expiresAt, withBranch } from "./record";
import { openBranches } from "./workspace";

interface UpOptions extends GivenData {
  readonly branch?: string;
  readonly ttl?: number;
  readonly json?: true;
}

const HELP = `
Makes the stack dev-<branch> from Pulumi.dev.yaml, or brings it up to date, by pulumi up. Prints the URL
without its password; npx v7 branch url prints it whole. Data is given only once. Rows of a protected
database are refused, and a seed never runs on a protected database: docs/branch-data.md.

Exit codes:
  0  it is up
  1  a fault that the message names; correct it and run this again

Examples:
  npx v7 branch up
  npx v7 branch up --branch feature/login --ttl 3
  npx v7 branch up --from dev --seed people.sql
`;

export function addUp(branch: Command): void {
  branch
    .command("up")
    .description("make the branch's database, or bring it up to date")
    .addOption(branchOption())
    .option(
      "--ttl <days>",
      `days until prune may take it, counted from the last up (default: ${DEFAULT_TTL_DAYS})`,
      days,
    )
    .option("--from <stack>", "copy the rows of another stack")
    .option("--seed <file>", "run this file of SQL on it, once")
    .addOption(
      new Option("--with-production-data", "allow --from a stack whose database is protected"),
    )
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(up);
}

async function up({ branch: named, ttl, json, ...data }: UpOptions): Promise<void> {
  const began = Date.now();
  if (data.withProductionData === true && data.from === undefined) {
    throw fault("COMMAND_INVALID", {
      what: "reading the command line",
      found: "--with-production-data alone",
      expected: "--from STACK together with --with-production-data",
      remedy: "Name the stack, or leave it out",
    });
  }
  const branch = await chosenBranch(named);
  const seed = data.seed === undefined ? undefined : readSeed(data.seed);
  const branches = await openBranches();
  const { record, databaseUrl, schemaFingerprint } = await withBranch(stackNameOf(branch), () =>
    bringUp(branches, branch, ttl, (stack) => giveData(stack, data, seed)),
  );
  const { stack } = record;
  const url = withoutPassword(databaseUrl);
  const expires = expiresAt(record).toISOString();
  if (json === true) {
    printJson({ branch, stack, url, schemaFingerprint, expiresAt: expires });
    return;
  }
  say(`branch ${branch} is up after ${elapsed(Date.now() - began)}: stack ${stack}`);
  print(url);
}
