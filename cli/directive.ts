import type { Command } from "commander";
import { checkLock } from "../runner/authoring/checkLock";
import { lockOf, tryDirective } from "../runner/authoring/lockDirective";
import { lockText } from "../runner/authoring/lockText";
import { newDirective } from "../runner/authoring/newDirective";
import { writeProposals } from "../runner/authoring/proposals";
import { askSquawk } from "../runner/authoring/squawk";
import { tellStatements } from "../runner/authoring/tellStatements";
import { checkoutFolder } from "../runner/base/checkoutFolder";
import { fault } from "../runner/base/fault";
import { replaceFile } from "../runner/base/replaceFile";
import { findDirectives } from "../runner/directive/directive";
import { lockFile } from "../runner/directive/readLock";
import { print, printAside, printEach } from "./print";

const HELP = `
Runs the directive on throwaway servers of every supported major, with and without Supabase's default
privileges, and writes sql/<directive>/lock.json: for each statement its bytes' digest, its changes to the
catalog, the objects that it needs and the tables that it touched; for each step the proof that its inverse
undoes it. Touches no database of yours.

Shows what each statement did. Proposes an inverse for a step that only adds objects and has none, and
squawk's findings for The Architect, in files that end in .proposed.sql and .proposed.yaml. These have no
effect until you rename them.

  --check  writes no file; lists the differences between the lock and the files

Exit codes:
  0  locked; with --check: the lock matches the files
  1  a fault: a statement failed, or makes a change that no lock can record
  3  with --check: the lock does not match; the differences are listed

Examples:
  npx v7 directive lock ad_005
  npx v7 directive lock --check
`;

const GROUP_HELP = `
Exit codes:
  0  done
  1  a fault, which the message names
  3  with --check: the answer is no

Examples:
  npx v7 directive lock ad_006
`;

export function addDirective(program: Command): void {
  const group = program
    .command("directive")
    .description("for the author of a directive: make its folder, record what its SQL does")
    .addHelpText("after", GROUP_HELP);
  addNew(group);
  group
    .command("lock")
    .description("run a directive on throwaway servers and record what it does in its lock.json")
    .argument("[directive]", "its folder in sql/; default: all, in order")
    .option("--check", "only check that the lock matches the files")
    .addHelpText("after", HELP)
    .action(async (directive: string | undefined, { check }: { readonly check?: true }) => {
      const sqlFolder = `${checkoutFolder()}/sql`;
      const all = findDirectives(sqlFolder);
      const chosen = directive === undefined ? all : [expectKnown(directive, all)];
      for (const one of chosen) {
        await (check === true ? checkOne : lockOne)(sqlFolder, one);
      }
    });
}

async function lockOne(sqlFolder: string, directive: string): Promise<void> {
  const trial = await tryDirective(sqlFolder, directive, print);
  // The last server has default privileges; their grants are shown, too.
  printEach(trial.found.slice(-1).flatMap(tellStatements));
  const squawk = askSquawk(sqlFolder, directive, trial.manifest.steps);
  const findings = "findings" in squawk ? squawk.findings : [];
  writeProposals(`${sqlFolder}/${directive}`, trial.missing, findings);
  printEach(findings.map(({ title }) => title));
  if (findings.length > 0) {
    print(`as findings for The Architect: sql/${directive}/findings.proposed.yaml`);
  }
  if ("missing" in squawk) {
    printAside(`squawk did not look, and its findings are left out: ${squawk.missing}`);
  }
  const lock = lockOf(trial);
  replaceFile(lockFile(sqlFolder, directive), lockText(lock));
  print(`locked: sql/${directive}/lock.json`);
}

async function checkOne(sqlFolder: string, directive: string): Promise<void> {
  const differences = await checkLock(sqlFolder, directive, print);
  if (differences.length === 0) {
    print(`sql/${directive}/lock.json matches the files`);
    return;
  }
  process.exitCode = 3;
  print(`sql/${directive}/lock.json does not match the files:`);
  printEach(differences.map((line) => `  ${line}`));
  print(`Write it anew: npx v7 directive lock ${directive}`);
}

function expectKnown(directive: string, known: readonly string[]): string {
  if (!known.includes(directive)) {
    throw fault("COMMAND_INVALID", {
      what: "reading the directive of npx v7 directive lock",
      found: `"${directive}"`,
      expected: known.join(", "),
      remedy: "Name a folder of sql/",
    });
  }
  return directive;
}

const NEW_HELP = `
Makes the folder sql/<directive> with a manifest, an empty access matrix, empty findings, and a
directive.sql for the SQL. docs/directives.md describes the next steps.

Exit codes:
  0  made
  1  a fault; nothing was written

Example:
  npx v7 directive new ad_006 --title "One ENUM for every status"
`;

function addNew(directive: Command): void {
  directive
    .command("new")
    .description("make the folder of the next directive")
    .argument("<directive>", "its name, with the highest number: ad_006")
    .requiredOption("--title <title>", "its purpose in one line")
    .addHelpText("after", NEW_HELP)
    .action((name: string, { title }: { readonly title: string }) => {
      const files = newDirective(`${checkoutFolder()}/sql`, name, title);
      printEach(files.map((file) => `made: sql/${name}/${file}`));
      print(
        `Next: paste the SQL into sql/${name}/directive.sql, then npx v7 directive lock ${name}`,
      );
    });
}
