import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { Statement, Step } from "../model";
import type { CompletedQuery } from "../postgres/completedCommands";

/**
 * Proves that a slice was exactly one statement, with the lock's command tag, and that the transaction's status after it is
 * the expected one.
 *
 * @param answers to setting the search path, to the slice, and to resetting the search path
 * @param expected the status of {@link CompletedQuery}: T in a transaction, I outside of one
 * @returns the statement's tag
 * @throws VERIFY_FAILED
 */
export function expectAnswer(
  { directive, file }: Step,
  { number, locked }: Statement,
  answers: readonly CompletedQuery[],
  expected: "T" | "I" = "T",
): string {
  const { tags = [], status } = answers[1] ?? {};
  const [tag = ""] = tags;
  const isLocked = tags.length === 1 && (locked?.tag ?? tag) === tag;
  if (!isLocked || status !== expected) {
    throw fault(locked === undefined ? "DIRECTIVE_REFUSED" : "VERIFY_FAILED", {
      what: `running statement ${String(number)} of sql/${directive}/${file}`,
      found: isLocked ? `the transaction's status ${String(status)}` : described(tags),
      expected: `${locked?.tag ?? "one tag"}, and the status ${expected}`,
      remedy: `Write it as one statement, and run npx v7 directive lock ${directive}`,
    });
  }
  return tag;
}

function described(tags: readonly string[]): string {
  return tags.length === 0
    ? "no command tag"
    : `the command tag${tags.length === 1 ? "" : "s"} ${tags.join(", ")}`;
}

/**
 * Proves that no statement ended the transaction: its number is the same before the first statement and after the last. A
 * number is assigned first; otherwise a transaction that was ended and begun again could not be told apart.
 *
 * @throws VERIFY_FAILED
 */
export async function inSameTransaction<T>(client: ClientBase, use: () => Promise<T>): Promise<T> {
  const before = await transactionNumber(client, "pg_current_xact_id()");
  const result = await use();
  const after = await transactionNumber(client, "pg_current_xact_id_if_assigned()");
  if (before !== after) {
    throw fault("VERIFY_FAILED", {
      what: "looking at the transaction behind the directive's statements",
      found: after === null ? "none that wrote anything" : "another one",
      expected: "the one that they began in",
      remedy: "A statement ended it: look at what is in the database with npx v7 drift",
    });
  }
  return result;
}

async function transactionNumber(client: ClientBase, call: string): Promise<string | null> {
  const { rows } = await client.query<{ number: string | null }>(`SELECT ${call}::text AS number`);
  return rows[0]?.number ?? null;
}
