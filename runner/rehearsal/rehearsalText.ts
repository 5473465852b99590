import { when } from "../base/when";
import type { EffectiveAccess, Rehearsal, RehearsedStatement } from "./model";

/** A rehearsal as text; the locks come before the statements, since other sessions wait for them. */
export function describeRehearsal(rehearsal: Rehearsal): string {
  const { serverVersion, targetVersion, tables, locks, statements, transactionMs } = rehearsal;
  return [
    `rehearsed on a throwaway PostgreSQL ${serverVersion} (the target is ${targetVersion}): one transaction of ${ms(transactionMs)}`,
    ...tables.map(
      ({ name, targetRows, rehearsedRows }) =>
        `  ${name}: ${targetRows === null ? "an unknown number of" : `about ${String(targetRows)}`} rows on the target, rehearsed with ${String(rehearsedRows)}`,
    ),
    locks.length === 0 ? "nobody would have to wait" : "others would wait for these locks:",
    ...locks.map(
      ({ relation, mode, heldMs, takenBy, blocksReads }) =>
        `  ${relation}: ${mode} from ${takenBy} on, held ${ms(heldMs)}; ${blocksReads ? "readers and writers" : "writers"} wait`,
    ),
    "statements:",
    ...statements.map(describeStatement),
    ...(rehearsal.obstacles === undefined ? [] : ["the run itself would be refused:"]),
    ...(rehearsal.obstacles ?? []).map((line) => `  - ${line}`),
    rehearsal.differences.length === 0
      ? `the result is as expected; fingerprint ${rehearsal.fingerprint}`
      : "the result is not as expected:",
    ...rehearsal.differences.map((line) => `  - ${line}`),
    "who can do what, before and after:",
    ...accessChanges(rehearsal),
    ...(rehearsal.omitted.length === 0 ? [] : ["not rebuilt from the target:"]),
    ...rehearsal.omitted.map((line) => `  - ${line}`),
  ].join("\n");
}

function describeStatement({
  stepId,
  number,
  firstLine,
  durationMs,
  rewrites,
  scans,
  locks,
}: RehearsedStatement): string {
  const notes = [
    ...rewrites.map((table) => `rewrites ${table}`),
    ...scans.map(({ table, rows }) => `reads ${table} whole (${String(rows)} rows)`),
    ...locks
      .filter((lock) => /^(ACCESS EXCLUSIVE|SHARE)|, after the transaction/.test(lock))
      .slice(0, 3),
  ];
  return `  ${ms(durationMs).padStart(9)}  ${`${stepId} ${String(number)}`.padEnd(24)} ${firstLine.slice(0, 60)}${notes.length === 0 ? "" : `  [${notes.join("; ")}]`}`;
}

/** A line for each role and object whose privileges change. */
function accessChanges({
  accessBefore,
  accessAfter,
}: Pick<Rehearsal, "accessBefore" | "accessAfter">): string[] {
  const keyOf = ({ role, object }: EffectiveAccess): string => `${role} on ${object}`;
  const before = new Map(accessBefore.map((one) => [keyOf(one), one.privileges]));
  const after = new Map(accessAfter.map((one) => [keyOf(one), one.privileges]));
  const lines = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const [was, is] = [before.get(key) ?? ["nothing"], after.get(key) ?? ["nothing"]];
    const short = [was.map(shortened).join(", "), is.map(shortened).join(", ")] as const;
    // Where other columns of the same number make the difference, only the whole lists show it.
    const [from, to] = short[0] === short[1] ? [was.join(", "), is.join(", ")] : short;
    return when(from !== to, `  ${key}: ${from} -> ${to}`);
  });
  return lines.length === 0 ? ["  nothing changes"] : lines;
}

/** `UPDATE (12 columns)` where the columns would fill the line. */
function shortened(privilege: string): string {
  const [, word = "", columns = ""] = /^(\w+) \((.*)\)$/.exec(privilege) ?? [];
  const count = columns.split(", ").length;
  return columns.length > 40 ? `${word} (${String(count)} columns)` : privilege;
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
