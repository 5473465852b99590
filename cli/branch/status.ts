import type { Command } from "commander";
import { messageOf } from "../../runner/base/fault";
import { formatRows } from "../../runner/base/table";
import { withConnection } from "../../runner/postgres/connection";
import { readDatabaseNote } from "../../runner/postgres/databaseNote";
import { serverVersion } from "../../runner/postgres/serverVersion";
import { fromNow } from "../fromNow";
import { branchOption, jsonOption } from "../options";
import { print, printJson } from "../print";
import { connectionFromUrl, readOutputs } from "../stack";
import { describeBranch, type BranchDescription } from "./describe";
import { chosenBranch } from "./git";
import { stackNameOf } from "./name";
import type { BranchRecord } from "./record";
import { withoutPassword } from "./url";
import { openRecords } from "./workspace";

/** What is read from the stack's outputs and its database. */
interface Inside {
  readonly url: string;
  readonly schemaFingerprint: string;
  readonly drift: readonly string[];
  readonly server: string;
  /** The data that it was given. */
  readonly data: readonly string[];
}

const HELP = `
Its contents in detail: npx v7 status --stack STACK.

Exit codes:
  0  the database answers
  1  a fault that the message names
  3  the branch has no database, or its database does not answer

Examples:
  npx v7 branch status
  npx v7 branch status --branch feature/login --json
`;

export function addStatus(branch: Command): void {
  branch
    .command("status")
    .description("show the state of the branch's database")
    .addOption(branchOption())
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(async ({ branch: named, json }: { branch?: string; json?: true }) => {
      const name = await chosenBranch(named);
      const record = await (await openRecords()).read(stackNameOf(name));
      await show(name, record, json === true);
    });
}

async function show(
  branch: string,
  record: BranchRecord | undefined,
  isJson: boolean,
): Promise<void> {
  if (record === undefined) {
    process.exitCode = 3;
    if (isJson) {
      printJson({ branch, state: "none" });
    } else {
      print(`branch ${branch} has no database: npx v7 branch up`);
    }
    return;
  }
  const described = await describeBranch(record);
  const inside = await lookInside(described).catch(messageOf);
  const isAnswering = typeof inside !== "string";
  process.exitCode = isAnswering ? 0 : 3;
  if (isJson) {
    printJson({ ...described, ...(isAnswering ? inside : { problem: inside }) });
    return;
  }
  const { stack, state, memoryMebibytes: memory, madeAt, usedAt, expiresAt } = described;
  print(`Branch ${branch}: stack ${stack}, ${state}`);
  const lines: [string, string][] = [
    ...(isAnswering ? insideLines(inside) : ([["problem", inside]] as [string, string][])),
    ...(memory === undefined ? [] : ([["memory", `${memory} MiB`]] as [string, string][])),
    ["made", fromNow(new Date(madeAt))],
    ["used", fromNow(new Date(usedAt))],
    ["expires", fromNow(new Date(expiresAt))],
  ];
  print(formatRows(lines.map((line) => ["", ...line])).join("\n"));
}

function insideLines({ url, server, schemaFingerprint, drift, data }: Inside): [string, string][] {
  return [
    ["url", url],
    ["server", `PostgreSQL ${server}`],
    ["fingerprint", schemaFingerprint],
    ["drift", drift.length === 0 ? "none" : drift.join("; ")],
    ["data", data.length === 0 ? "only the directive's own rows" : data.join(", ")],
  ];
}

async function lookInside({ stack, state }: BranchDescription): Promise<Inside> {
  if (state === "making" || state === "leaving") {
    throw new Error("interrupted, or in progress: npx v7 branch up makes it anew");
  }
  const { databaseUrl, schemaFingerprint, drift } = await readOutputs(stack);
  const { server, data } = await withConnection(
    connectionFromUrl(databaseUrl),
    async (client) => {
      const note = await readDatabaseNote(client);
      return { server: await serverVersion(client), data: note?.data ?? [] };
    },
    { applicationName: "v7 branch status" },
  );
  return { url: withoutPassword(databaseUrl), schemaFingerprint, drift, server, data };
}
