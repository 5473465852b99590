import { when } from "../../base/when";
import {
  code,
  count,
  facts,
  fold,
  heading,
  line,
  list,
  long,
  notice,
  numbers,
  source,
  strong,
  table,
  text,
  type Block,
  type Inline,
  type Section,
} from "../../pages/blocks";
import { duration, number } from "../../pages/format";
import type { Rehearsal } from "../../rehearsal/model";
import { whoWaits } from "../facts/risks";
import type { Packet } from "../model";

/** The section on the rehearsal on a throwaway server that resembles the target. */
export function rehearsalSection({
  rehearsal,
  rehearsalFailure,
  rehearseCommand,
}: Packet): Section {
  return {
    id: "rehearsal",
    title: "Rehearsal",
    blocks:
      rehearsal === undefined
        ? notRehearsed(rehearseCommand, rehearsalFailure)
        : rehearsed(rehearsal),
  };
}

function notRehearsed(command: string | undefined, failure: string | undefined): Block[] {
  if (failure !== undefined) {
    return [text(line`${strong("The rehearsal failed.")} ${failure}`)];
  }
  return command === undefined
    ? [text(line`${strong("Not rehearsed.")} A plan of this action cannot be rehearsed.`)]
    : [
        text(
          line`${strong("Not rehearsed.")} Nobody has run this plan on a copy of the target: how long it takes and what waits for it is not known. To rehearse it:`,
        ),
        source("sh", command),
      ];
}

function rehearsed(rehearsal: Rehearsal): Block[] {
  const { serverVersion, targetVersion, transactionMs, fingerprint, differences, omitted } =
    rehearsal;
  return [
    facts(
      ["Transaction", line`${strong(duration(transactionMs))} from BEGIN to COMMIT`],
      [
        "Server",
        `PostgreSQL ${serverVersion}${targetVersion === serverVersion ? ", as the target" : `; the target has ${targetVersion}`}`,
      ],
      [
        "Result",
        differences.length === 0
          ? "as the repository expects"
          : line`${strong(count(differences.length, "difference"))} from what the repository expects`,
      ],
      ["Fingerprint", code(fingerprint)],
    ),
    ...when(differences.length > 0, notice("bad", "Differences", list(differences))),
    fold(
      "Who waits, tables, statements, and what was not rebuilt",
      heading("Who waits"),
      lockBlock(rehearsal),
      heading("Tables that are there already"),
      tableBlock(rehearsal),
      heading("Statements"),
      statementsBlock(rehearsal),
      ...when(omitted.length > 0, heading("What was not rebuilt"), list(omitted)),
    ),
  ];
}

function lockBlock({ locks }: Rehearsal): Block {
  return locks.length === 0
    ? text("No lock on a table that was there before.")
    : table(
        ["Table", "Lock", "Taken by", "Waiting", numbers("Held")],
        locks.map((lock) => [
          code(lock.relation),
          lock.mode,
          code(lock.takenBy),
          whoWaits(lock),
          duration(lock.heldMs),
        ]),
      );
}

function tableBlock({ tables, statements }: Rehearsal): Block {
  const rewritten = new Set(statements.flatMap(({ rewrites }) => rewrites));
  const scanned = new Set(statements.flatMap(({ scans }) => scans.map((scan) => scan.table)));
  return tables.length === 0
    ? text("The plan touches none.")
    : table(
        [
          "Table",
          numbers("Rows in the target"),
          numbers("Rows rehearsed"),
          "Written anew",
          "Read whole",
        ],
        tables.map(({ name, targetRows, rehearsedRows }) => [
          code(name),
          targetRows === null ? "never counted" : `about ${number(targetRows)}`,
          number(rehearsedRows),
          yesOrNo(rewritten.has(name)),
          yesOrNo(scanned.has(name)),
        ]),
      );
}

function yesOrNo(is: boolean): Inline {
  return is ? strong("yes") : "no";
}

function statementsBlock({ statements }: Rehearsal): Block {
  const slowest = statements.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  return fold(
    `${count(statements.length, "statement")}, the slowest ${duration(slowest)}`,
    table(
      ["Step", long("Statement"), long("Locks taken"), long("Reads and rewrites"), numbers("Time")],
      statements.map(({ stepId, firstLine, locks, rewrites, scans, durationMs }) => [
        code(stepId),
        code(firstLine),
        locks.length === 0 ? "none" : locks.join(", "),
        [
          ...rewrites.map((name) => `writes ${name} anew`),
          ...scans.map((scan) => `reads ${scan.table}, ${count(scan.rows, "row")}`),
        ].join("; ") || "none",
        duration(durationMs),
      ]),
    ),
  );
}
