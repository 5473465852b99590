import type { Rehearsal } from "../../rehearsal/model";
import {
  code,
  count,
  fold,
  line,
  list,
  strong,
  table,
  text,
  type Block,
  type Inline,
  type Section,
} from "../blocks";
import { duration, number } from "../format";
import type { Packet } from "../model";

/** What happened on a throwaway server that looks like the target. */
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
        { kind: "code", language: "sh", text: command },
      ];
}

function rehearsed(rehearsal: Rehearsal): Block[] {
  const { serverVersion, targetVersion, transactionMs, fingerprint, differences, omitted } =
    rehearsal;
  return [
    {
      kind: "facts",
      facts: [
        ["Transaction", line`${strong(duration(transactionMs))} from BEGIN to COMMIT`],
        [
          "Server",
          line`PostgreSQL ${serverVersion}${targetVersion === serverVersion ? ", as the target" : `; the target has ${targetVersion}`}`,
        ],
        [
          "Result",
          differences.length === 0
            ? line`as the repository expects`
            : line`${strong(count(differences.length, "difference"))} from what the repository expects`,
        ],
        ["Fingerprint", line`${code(fingerprint)}`],
      ],
    },
    ...(differences.length === 0
      ? []
      : [
          {
            kind: "notice" as const,
            tone: "bad" as const,
            title: line`Differences`,
            blocks: [list(differences.map((one) => [one]))],
          },
        ]),
    { kind: "heading", text: "Who waits" },
    ...lockBlocks(rehearsal),
    { kind: "heading", text: "Tables that are there already" },
    ...tableBlocks(rehearsal),
    { kind: "heading", text: "Statements" },
    statementsBlock(rehearsal),
    ...(omitted.length === 0
      ? []
      : [
          { kind: "heading" as const, text: "What was not rebuilt" },
          list(omitted.map((one) => [one])),
        ]),
  ];
}

function lockBlocks({ locks }: Rehearsal): Block[] {
  return locks.length === 0
    ? [text(line`No lock on a table that was there before.`)]
    : [
        table(
          [
            { title: "Table" },
            { title: "Lock" },
            { title: "Taken by" },
            { title: "Waiting" },
            { title: "Held", isNumber: true },
          ],
          locks.map(({ relation, mode, takenBy, heldMs, blocksReads, blocksWrites }) => [
            line`${code(relation)}`,
            [mode],
            line`${code(takenBy)}`,
            [waiting(blocksReads, blocksWrites)],
            [duration(heldMs)],
          ]),
        ),
      ];
}

function waiting(blocksReads: boolean, blocksWrites: boolean): string {
  if (blocksReads) {
    return blocksWrites ? "readers and writers" : "readers";
  }
  return blocksWrites ? "writers" : "nobody who reads or writes";
}

function tableBlocks({ tables, statements }: Rehearsal): Block[] {
  const rewritten = new Set(statements.flatMap(({ rewrites }) => rewrites));
  const scanned = new Set(statements.flatMap(({ scans }) => scans.map((scan) => scan.table)));
  return tables.length === 0
    ? [text(line`The plan touches none.`)]
    : [
        table(
          [
            { title: "Table" },
            { title: "Rows in the target", isNumber: true },
            { title: "Rows rehearsed", isNumber: true },
            { title: "Written anew" },
            { title: "Read whole" },
          ],
          tables.map(({ name, targetRows, rehearsedRows }) => [
            line`${code(name)}`,
            [targetRows === null ? "never counted" : `about ${number(targetRows)}`],
            [number(rehearsedRows)],
            yesOrNo(rewritten.has(name)),
            yesOrNo(scanned.has(name)),
          ]),
        ),
      ];
}

function yesOrNo(is: boolean): Inline {
  return is ? line`${strong("yes")}` : line`no`;
}

function statementsBlock({ statements }: Rehearsal): Block {
  const slowest = statements.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
  return fold(line`${count(statements.length, "statement")}, the slowest ${duration(slowest)}`, [
    table(
      [
        { title: "Step" },
        { title: "Statement", isLong: true },
        { title: "Locks taken", isLong: true },
        { title: "Reads and rewrites", isLong: true },
        { title: "Time", isNumber: true },
      ],
      statements.map(({ stepId, firstLine, locks, rewrites, scans, durationMs }) => [
        line`${code(stepId)}`,
        line`${code(firstLine)}`,
        [locks.length === 0 ? "none" : locks.join(", ")],
        [
          [
            ...rewrites.map((name) => `writes ${name} anew`),
            ...scans.map((scan) => `reads ${scan.table}, ${count(scan.rows, "row")}`),
          ].join("; ") || "none",
        ],
        [duration(durationMs)],
      ]),
    ),
  ]);
}
