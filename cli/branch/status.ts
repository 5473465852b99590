import type { Command } from "commander";
import { messageOf } from "../../runner/base/fault";
import { formatRows } from "../../runner/base/table";
import { when } from "../../runner/base/when";
import { withConnection } from "../../runner/postgres/connection";
import { readDatabaseNote } from "../../runner/postgres/databaseNote";
import { serverVersion } from "../../runner/postgres/serverVersion";
import { withoutPassword } from "../clientUrl";
import { fromNow } from "../fromNow";
import { branchOption, jsonOption } from "../options";
import { printAnswer } from "../print";
import { connectionFromUrl, readOutputs } from "../stack";
import { describeBranch, type BranchDescription } from "./describe";
import { chosenBranch } from "./git";
import { stackNameOf } from "./name";
import type { BranchRecord } from "./record";
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
      const branch = await chosenBranch(named);
      const record = await (await openRecords()).read(stackNameOf(branch));
      if (record === undefined) {
        process.exitCode = 3;
        printAnswer(json, { branch, state: "none" }, () => [
          `branch ${branch} has no database: npx v7 branch up`,
        ]);
      } else {
        await show(branch, record, json);
      }
    });
}

async function show(branch: string, record: BranchRecord, json: true | undefined): Promise<void> {
  const described = await describeBranch(record);
  const inside = await lookInside(described).catch(messageOf);
  const isAnswering = typeof inside !== "string";
  process.exitCode = isAnswering ? 0 : 3;
  const { stack, state, memoryMebibytes: memory, madeAt, usedAt, expiresAt } = described;
  printAnswer(json, { ...described, ...(isAnswering ? inside : { problem: inside }) }, () => [
    `Branch ${branch}: stack ${stack}, ${state}`,
    ...formatRows([
      ...(isAnswering ? insideRows(inside) : [["", "problem", inside]]),
      ...when(memory !== undefined, ["", "memory", `${memory ?? 0} MiB`]),
      ["", "made", fromNow(new Date(madeAt))],
      ["", "used", fromNow(new Date(usedAt))],
      ["", "expires", fromNow(new Date(expiresAt))],
    ]),
  ]);
}

function insideRows({ url, server, schemaFingerprint, drift, data }: Inside): string[][] {
  return [
    ["", "url", url],
    ["", "server", `PostgreSQL ${server}`],
    ["", "fingerprint", schemaFingerprint],
    ["", "drift", drift.length === 0 ? "none" : drift.join("; ")],
    ["", "data", data.length === 0 ? "only the directive's own rows" : data.join(", ")],
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
