import { when } from "../../base/when";
import { unitsOf } from "../../execute/units";
import {
  code,
  count,
  fold,
  heading,
  line,
  list,
  notice,
  source,
  strong,
  text,
  type Block,
  type Inline,
  type Section,
} from "../../pages/blocks";
import { capitalized, duration, moment, number } from "../../pages/format";
import type { Packet, PacketDirective, PacketStatement, PacketStep } from "../model";

/**
 * The section on what will run, step by step, beside the directive's text. It is folded unless what runs differs from the
 * directive's text, which nobody must overlook.
 */
export function runSection(packet: Packet): Section {
  const { steps, plan, directives } = packet;
  const blocks = [
    ...steps.map((step) => stepBlock(step)),
    ...archiveBlocks(packet),
    ...offeredBlocks(packet),
  ];
  const isOther = directives.some(({ document }) => document?.isIdentical === false);
  return {
    id: "run",
    title: plan.action === "rollback" ? "What is taken back" : "What will run",
    blocks: [
      ...introduction(packet),
      ...(isOther ? blocks : [fold(`${count(steps.length, "step")}, with all SQL`, ...blocks)]),
    ],
  };
}

function introduction({ directives, plan, steps }: Packet): readonly Block[] {
  if (plan.action === "rollback") {
    return [
      text(
        "In one transaction, last step first. Each step's inverse runs exactly as shown, without CASCADE: what others built on it stops the rollback.",
      ),
    ];
  }
  const named = new Set(steps.map(({ directive }) => directive));
  return when(
    plan.action === "apply",
    ...commits(steps.filter(({ kind, state }) => kind !== "access" && state === "runs")),
    ...directives.filter(({ name }) => named.has(name)).map(comparison),
  );
}

function comparison({ name, title, document }: PacketDirective): Block {
  if (document === undefined) {
    return notice(
      "caution",
      `No document of ${name} to compare with`,
      text("What runs is shown without what was asked for."),
    );
  }
  return document.isIdentical
    ? notice(
        "good",
        "The directive's text, byte for byte",
        text(
          line`${title}: the ${count(document.statements, "statement")} of the SQL in ${code(document.path)} and the sections below are the same ${number(document.bytes)} bytes, sha256 ${code(document.sha256)}. They are folded; what is not the directive's is open among the steps.`,
        ),
      )
    : notice(
        "bad",
        "Not the directive's text",
        text(
          line`The SQL in ${code(document.path)} has ${number(document.bytes)} bytes, sha256 ${code(document.sha256)}. The sections below are others; where they differ, they are open.`,
        ),
      );
}

/** Says in which transactions the steps are committed. */
function commits(all: readonly PacketStep[]): Block[] {
  const steps = all.filter(({ state }) => state === "runs");
  const units = unitsOf(steps);
  if (units.length <= 1 && units[0]?.isTransaction !== false) {
    return [text("In one transaction, in this order. If anything fails, nothing is left behind.")];
  }
  return [
    text(
      "In this order, committed part by part. If anything of the first transaction fails, nothing is left behind; if something behind it fails, what was committed before stays, and the next run goes on from there, without a second approval.",
    ),
    ...COMMITS.filter(([kind]) => steps.some((step) => step.kind === kind)).map(([kind, what]) =>
      text(line`Steps labelled ${strong(LABELS[kind] ?? kind)} ${what}`),
    ),
    ...when(
      steps.some(({ kind, addsValue }) => kind !== "value" && addsValue === true),
      text("What adds a value to an enum is committed before the next directive."),
    ),
  ];
}

const COMMITS: readonly (readonly [kind: string, what: string])[] = [
  ["concurrent", "cannot run in a transaction: they run one by one, while others read and write."],
  [
    "backfill",
    "run after the commit before them, in batches: their one statement again and again, each time in a transaction of its own, until it changes no row.",
  ],
  ["value", "end a transaction: nobody may use a new value before it is committed."],
];

const LABELS: Readonly<Record<string, string>> = {
  amendment: "Amendment",
  population: "Population",
  access: "Access",
  concurrent: "Concurrent",
  value: "Value",
  backfill: "Backfill",
};

function stepBlock(step: PacketStep): Block {
  const isApplied = step.state === "applied";
  const isDirective = step.kind === "section";
  return {
    kind: "step",
    tone: isApplied || isDirective ? "quiet" : "caution",
    label: `${isDirective ? step.reason : (LABELS[step.kind] ?? capitalized(step.kind))}${isApplied ? ", applied already" : ""}`,
    title: step.title,
    blocks: [
      text(about(step)),
      ...when(step.note !== undefined, text(step.note ?? "")),
      ...(step.statements.length === 0
        ? noStatements(step)
        : isApplied
          ? [fold(`Its ${count(step.statements.length, "statement")}`, sqlOf(step.statements))]
          : statementBlocks(step)),
    ],
  };
}

function about({ id, reason, file, sha256, since, kind }: PacketStep): Inline {
  const from = file === "" ? "" : " from ";
  return [
    ...(kind === "section" || reason === "" ? [] : line`${reason}. `),
    ...(since === undefined
      ? []
      : line`Ran on ${moment(since.at)} under plan ${code(since.planDigest.slice(0, 16))}. `),
    ...line`Step ${code(id)}${from}`,
    ...(file === "" ? [] : [code(file)]),
    ...line`, sha256 ${code(sha256)}`,
  ];
}

function noStatements({ kind }: PacketStep): readonly Block[] {
  return when(
    kind === "access",
    text("Roles and grants are made as the matrix says: see “Who can do what”."),
  );
}

/** The statements, each compared with the directive's document if that has them: folded where equal, open where not. */
function statementBlocks({ statements }: PacketStep): Block[] {
  return statements.some(({ document }) => document !== undefined)
    ? statements.map(comparedBlock)
    : [sqlOf(statements)];
}

function comparedBlock(statement: PacketStatement): Block {
  const { document, sql, bytes, firstLine, isIdentical, durationMs } = statement;
  const pair: Block = {
    kind: "pair",
    left: { title: "The directive's document", text: trimmed(document ?? "") },
    right: { title: "What runs", text: trimmed(sql) },
    language: "sql",
  };
  const time = durationMs === undefined ? "" : `, ${duration(durationMs)} in the rehearsal`;
  return isIdentical
    ? fold(line`${code(firstLine)} identical, ${number(bytes)} bytes${time}`, pair)
    : notice("bad", "Differs from the document", pair);
}

function sqlOf(statements: readonly PacketStatement[]): Block {
  return source("sql", trimmed(statements.map(({ sql }) => sql).join("")));
}

/** The SQL without the line ends around it, which do not matter to a reader; the digest covers them. */
function trimmed(sql: string): string {
  return sql.replace(/^\n+|\n+$/g, "");
}

function archiveBlocks({ archived, plan }: Packet): readonly Block[] {
  return when(
    plan.action === "rollback",
    heading("What is archived first"),
    text(
      line`In the same transaction, before anything is dropped, these are copied into the schema ${code("v7_archive")}, and each copy is proved equal by count and checksum. What is empty is not copied. Where anything is, the history is copied too.`,
    ),
    list(archived),
  );
}

function offeredBlocks({ offered }: Packet): readonly Block[] {
  return when(
    offered.length > 0,
    heading("Offered and not chosen"),
    text("These amendments are in the repository, and this plan does not run them."),
    list(offered.map(({ id, title, reason }) => line`${strong(title)} (${code(id)}): ${reason}.`)),
  );
}
