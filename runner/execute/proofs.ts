import type { ClientBase } from "pg";
import { fault } from "../base/fault";
import type { Statement, Step } from "../model";
import type { CompletedQuery } from "../postgres/completedCommands";

/**
 * Proves of a slice that it was one statement, the one that was locked, and that a transaction is open behind it, or none.
 *
 * @param answers to setting the search path, to the slice, and to taking the path off again
 * @param expected of {@link CompletedQuery}
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
  const isOne = tags.length === 1 && (locked?.tag ?? tag) === tag;
  if (!isOne || status !== expected) {
    throw fault(locked === undefined ? "DIRECTIVE_REFUSED" : "VERIFY_FAILED", {
      what: `running statement ${String(number)} of sql/${directive}/${file}`,
      found: isOne ? `the transaction's status ${String(status)}` : described(tags),
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
 * Proves that no statement ended the transaction: it has a number before the first of them, and the same one behind the
 * last. Unnumbered, one that was ended and begun anew would look the same.
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
