import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Option, type Command } from "commander";
import { CHECKOUT } from "../engine/paths";
import { LAYERS } from "../engine/test";
import { allTestResults, sourcesDigest } from "../engine/test/testResults";
import { fault } from "../runner/base/fault";
import { visibleJson } from "../runner/base/visible";
import { pageMarkdown } from "../runner/pages/markdown/page";
import { POSTGRES_MAJORS } from "../runner/postgres/majors";
import { jsonOption, stackOption } from "./options";
import { print, printAside, printEach, printJson } from "./print";
import { fileReport, type DartTask } from "./report/dart";
import { DART_API } from "./report/dartCall";
import { failings, type Report } from "./report/evidence";
import { readinessEvidence } from "./report/readinessEvidence";
import { reportPage, reportTitle, TITLE } from "./report/reportPage";
import { scriptsEvidence, workflowEvidence } from "./report/scriptsEvidence";
import { testsEvidence } from "./report/testsEvidence";
import { readStackRequest } from "./request";

const HELP = `
Gathers its evidence now: the bytes of the SQL files, DATABASE_WORKFLOW.md, the recorded results of
npm test for exactly these sources (.v7/test-results.json, and CI's results in .v7/ci: gh run download
--pattern 'test-results-*' --dir .v7/ci), and the stack's database, whose pending plan is rehearsed on a
throwaway server. Writes nothing to any database.

With --file it shows the request that files the report as a task of a DART dartboard, and sends
nothing. With --file --send it sends the request, with the token in DART_TOKEN, unless the dartboard has
a report already.

Exit codes:
  0  every claim of the report is confirmed; with --send it is filed
  1  a fault
  3  a claim is not so: the reasons are on standard error, and nothing is filed

Examples:
  npx v7 report --stack prod --out report.md
  npx v7 report --stack prod --file --dartboard "General/Journal"    # shows the request
`;

interface ReportOptions {
  readonly stack: string;
  readonly out?: string;
  readonly file?: true;
  readonly send?: true;
  readonly dartboard?: string;
  readonly json?: true;
}

export function addReport(program: Command): void {
  program
    .command("report")
    .description("write the completion report of Article 5, with evidence gathered now")
    .addOption(stackOption())
    .option("--out <file>", "where the Markdown goes; by default to standard output")
    .option("--file", "show the request that files the report in a DART journal")
    .option("--send", "with --file: send it")
    .addOption(
      new Option("--dartboard <title>", "the journal: a dartboard's full title").env(
        "DART_DARTBOARD",
      ),
    )
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    .action(writeReport);
}

async function writeReport(options: ReportOptions): Promise<void> {
  const { stack, out, json, file, send } = options;
  const access = send === true ? readAccess(options) : undefined;
  const report = await gather(stack);
  const markdown = pageMarkdown(reportPage(report), 1);
  const wrong = failings(report);
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, markdown);
  }
  const task: DartTask = {
    title: reportTitle(report),
    dartboard: options.dartboard ?? "",
    description: markdown,
  };
  const filed =
    access === undefined || wrong.length > 0 ? undefined : await fileReport(task, TITLE, access);
  process.exitCode = wrong.length === 0 ? 0 : 3;
  if (json === true) {
    printJson({ title: task.title, ...report, failings: wrong, filed: filed ?? null });
    return;
  }
  print(out === undefined ? markdown : `written to ${out}`);
  printEach(wrong, printAside);
  if (filed !== undefined) {
    print(`${filed.isNew ? "filed" : "there already"}: ${filed.title} ${filed.url ?? ""}`.trim());
  } else if (file === true) {
    print(wrong.length === 0 ? describeRequest(task) : "not filed: the report does not hold");
  }
}

async function gather(stack: string): Promise<Report> {
  const { evidence, awaited } = await readinessEvidence(readStackRequest(stack));
  return {
    gatheredAt: new Date(),
    stack,
    evidence: [
      ...(await scriptsEvidence(CHECKOUT)),
      workflowEvidence(CHECKOUT),
      ...testsEvidence(allTestResults(), LAYERS, POSTGRES_MAJORS, sourcesDigest()),
      ...evidence,
    ],
    awaited,
  };
}

/** Checks what --send needs before the evidence is gathered, which takes a while. */
function readAccess({ file, dartboard = "" }: ReportOptions): { token: string; baseUrl: string } {
  const { DART_TOKEN: token = "", DART_API_BASE_URL: base = "" } = process.env;
  const missing = [
    ...(file === true ? [] : ["--file"]),
    ...(token === "" ? ["DART_TOKEN"] : []),
    ...(dartboard === "" ? ["--dartboard or DART_DARTBOARD"] : []),
  ];
  if (missing.length > 0) {
    throw fault("COMMAND_INVALID", {
      what: "filing the report",
      found: `no ${missing.join(", no ")}`,
      expected: "--file --send, with a token and a dartboard",
      remedy: "Set the missing values, or leave --send out to see the request",
    });
  }
  return { token, baseUrl: base === "" ? DART_API : base };
}

function describeRequest(task: DartTask): string {
  const shown = task.dartboard === "" ? { ...task, dartboard: "(not set: --dartboard)" } : task;
  return [
    "not sent; with --send, unless the dartboard has a report already:",
    `POST ${DART_API}/tasks`,
    "Authorization: Bearer (DART_TOKEN)",
    "Content-Type: application/json",
    "",
    visibleJson({ item: shown }, 2),
  ].join("\n");
}
