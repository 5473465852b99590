import type { Command } from "commander";
import { listArchives } from "../runner/actions/restorable";
import { restoreArchive } from "../runner/actions/restore";
import { formatTable } from "../runner/base/table";
import { withConnection } from "../runner/postgres/connection";
import { jsonOption, stackOption } from "./options";
import { print, printAnswer } from "./print";
import { readStackRequest, runRequest } from "./request";

const HELP = `
A rollback archives every row and every written value in the schema v7_archive. After the
directive is applied again, this command restores them and compares each row with the archive.
Newer values are never overwritten; the archive stays. On a protected database it needs an approval:
npx v7 plan --stack STACK --action restore [--archive NAME] writes the plan to be signed.

Exit codes:
  0  restored, or nothing to restore
  1  a fault: an obstacle, or the approval is missing; nothing was changed
  3  with --list: there is no archive

Examples:
  npx v7 restore --list --stack prod
  npx v7 restore --stack prod
`;

interface RestoreOptions {
  readonly stack: string;
  readonly archive?: string;
  readonly list?: true;
  readonly json?: true;
}

export function addRestore(program: Command): void {
  program
    .command("restore")
    .description("restore a rollback's archive into the re-applied directive")
    .addOption(stackOption())
    .option("--archive <name>", "which archive; by default the newest")
    .option("--list", "list the archives, and change nothing")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async (options: RestoreOptions) => {
      await (options.list === true ? list(options) : restore(options));
    });
}

async function list({ stack, json }: RestoreOptions): Promise<void> {
  const { request } = await readStackRequest(stack);
  const archives = await withConnection(request.connection, listArchives);
  process.exitCode = archives.length === 0 ? 3 : 0;
  printAnswer(json, { archives }, () => (archives.length === 0 ? ["no archive"] : archives));
}

async function restore({ stack, archive, json }: RestoreOptions): Promise<void> {
  const request = runRequest(await readStackRequest(stack), json === true ? undefined : print);
  const tables = await restoreArchive(archive === undefined ? request : { ...request, archive });
  const unmatched = tables.reduce((sum, table) => sum + table.unmatched, 0);
  printAnswer(json, { tables }, () => [
    formatTable(
      ["to", "restored", "equal", "unmatched", "from"],
      tables.map((table) => ({ ...table })),
    ),
    "every row proved equal to the archive, which stays",
    ...(unmatched > 0
      ? [`${unmatched} archived rows have no matching row any more; they stay in the archive`]
      : []),
  ]);
}
