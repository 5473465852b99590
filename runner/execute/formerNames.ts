import { DatabaseError, escapeIdentifier, type ClientBase } from "pg";
import { Fault, fault, messageOf } from "../base/fault";
import { kindOf } from "../catalog/kinds";
import { renameStatement } from "../catalog/kinds/kind";
import { formerId, formerName, rootOf, titleOf } from "../catalog/kinds/objectId";
import { renamesOf } from "../catalog/lockedChange";
import type { CatalogChange, QualifiedName, Step } from "../model";
import { formatName } from "../postgres/names";
import { LOCK_NOT_AVAILABLE } from "../postgres/waitForLock";
import { executeInverses } from "./executeStep";

type Renamed = CatalogChange["renamed"];

/**
 * Takes back what population steps wrote, last first, each under the names that it knows: those that later steps gave to the
 * tables and columns are taken away for it, and given again. Where a later step changed more than names, it fails.
 *
 * @param applied the applied steps, in their order
 * @throws STATEMENT_FAILED, or LOCK_TIMEOUT
 */
export async function takeBackRows(
  client: ClientBase,
  applied: readonly Step[],
  populations: readonly Step[],
): Promise<void> {
  for (const step of [...populations].reverse()) {
    await withFormerNames(client, step, applied, () => executeInverses(client, [step]));
  }
}

/**
 * Takes back what all population steps wrote, as {@link takeBackRows} does.
 *
 * @returns whether that went; if not, the caller's transaction has failed
 */
export async function canTakeBackRows(
  client: ClientBase,
  applied: readonly Step[],
): Promise<boolean> {
  try {
    const populations = applied.filter(({ kind }) => kind === "population");
    await takeBackRows(client, applied, populations);
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === "STATEMENT_FAILED") {
      return false;
    }
    throw error;
  }
}

/** Runs `use` with the names that the tables which the step touched had when it ran. */
async function withFormerNames<T>(
  client: ClientBase,
  step: Step,
  applied: readonly Step[],
  use: () => Promise<T>,
): Promise<T> {
  const renamed = renamesOnTouched(step, renamesAfter(step, applied));
  await rename(
    client,
    [...renamed].reverse().map(({ from, to }) => ({ from: to, to: from })),
  );
  const result = await use();
  await rename(client, renamed);
  return result;
}

async function rename(client: ClientBase, names: Renamed): Promise<void> {
  for (const { from, to } of names) {
    const kind = kindOf(from.kind);
    try {
      await client.query(
        renameStatement(kind, from, to) ??
          `ALTER ${String(kind.reference?.(from))} SET SCHEMA ${escapeIdentifier(String(to.schema))}`,
      );
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code === LOCK_NOT_AVAILABLE) {
        throw error;
      }
      // A later step has given the former name to another object.
      throw fault("STATEMENT_FAILED", {
        what: `giving ${titleOf(from)} the name of ${titleOf(to)}`,
        found: messageOf(error),
        expected: "that name to be free",
        remedy: "Nothing was changed: everything was rolled back",
        cause: error,
      });
    }
  }
}

/** The names that tables had when the step ran. */
export function namesWhenRan(
  tables: readonly QualifiedName[],
  step: Step,
  applied: readonly Step[],
): readonly QualifiedName[] {
  const renamed = renamesAfter(step, applied);
  return tables.map((table) => formerName(table, renamed));
}

function renamesAfter(step: Step, applied: readonly Step[]): Renamed {
  return renamesOf(applied.slice(applied.indexOf(step) + 1));
}

/** The renames of tables that the step read or wrote, and of their columns and schemas. */
function renamesOnTouched({ statements }: Step, renamed: Renamed): Renamed {
  const touched = statements
    .flatMap(({ locked }) => locked?.tables ?? [])
    .flatMap(({ reads = [], writes = [] }) => [...reads, ...writes]);
  return renamed.filter(({ from }, index) => {
    const { kind, schema = "", name } = rootOf(formerId(from, renamed.slice(0, index)));
    switch (from.kind) {
      case "schema":
        return touched.some((table) => table.startsWith(`${name}.`));
      case "table":
      case "column":
        return kind === "table" && touched.includes(formatName({ schema, name }));
      default:
        return false;
    }
  });
}
