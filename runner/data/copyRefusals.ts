import type { Client } from "pg";
import { fault, type Fault } from "../base/fault";
import type { ConnectionSettings, QualifiedName, Step } from "../model";
import { formatName, quote } from "../postgres/names";
import { describeTarget } from "../postgres/target";
import type { NotCopied } from "./copyTables";
import { asRowFault } from "./rowFault";
import { findWrittenTables } from "./writtenRows";

/** Refuses to lose rows: rows of these tables that somebody wrote, and any rows of tables that refer to them. */
export async function expectUnwritten(
  target: Client,
  { to, allSteps }: { readonly to: ConnectionSettings; readonly allSteps: readonly Step[] },
  tables: readonly QualifiedName[],
  referring: readonly QualifiedName[],
): Promise<void> {
  const written = (await findWrittenTables(target, tables, allSteps)).map(
    ({ table, rows }) => `  - ${table}: ${String(rows)} rows`,
  );
  for (const table of referring) {
    const { rows } = await target
      .query<{ count: string }>(`SELECT count(*) FROM ${quote(table)}`)
      .catch(asRowFault(`reading "${formatName(table)}", which refers to tables that are copied`));
    if (rows[0]?.count !== "0") {
      written.push(
        `  - ${formatName(table)}: ${rows[0]?.count ?? "?"} rows, which refer to tables that are copied, and are not copied themselves`,
      );
    }
  }
  if (written.length > 0) {
    throw fault("COPY_REFUSED", {
      what: `making room in ${describeTarget(to)}`,
      found: `rows in ${String(written.length)} tables that would be lost`,
      expected: "only unchanged rows of the population, and rows that came with the database",
      remedy:
        "Nothing was changed. Take the branch down and up again to give it another stack's data, or delete these rows",
      detail: written,
    });
  }
}

/** The fault for a database that was given data before: data of two stacks is not mixed. */
export function dataFault(
  { to, fromStack }: { readonly to: ConnectionSettings; readonly fromStack: string },
  data: readonly string[],
): Fault {
  return fault("COPY_REFUSED", {
    what: `copying the rows of the stack "${fromStack}" into ${describeTarget(to)}`,
    found: `a database that was given data before: ${data.map((one) => one.slice(0, 24)).join(", ")}`,
    expected: "a database without data of a branch",
    remedy:
      "Nothing was changed. Take the branch down and up again to give it another stack's data",
  });
}

/** The fault where no table can be copied. */
export function nothingFault(
  { from, to }: Readonly<Record<"from" | "to", ConnectionSettings>>,
  notCopied: readonly NotCopied[],
): Fault {
  return fault("COPY_REFUSED", {
    what: `comparing the tables of ${describeTarget(from)} and ${describeTarget(to)}`,
    found: "no table with the same columns on both sides",
    expected: "at least one",
    remedy: "Nothing was changed. Bring both stacks to the same directives first",
    detail: notCopied.map(({ table, reason }) => `  - ${table}: ${reason}`),
  });
}
