import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { fault } from "../runner/base/fault";
import { visibleJson } from "../runner/base/visible";
import { checkDrift } from "../runner/drift/checkDrift";
import { driftPage } from "../runner/drift/driftPage";
import { describeDrift } from "../runner/drift/driftText";
import { driftReport, type DriftReport } from "../runner/drift/report";
import { pageHtml } from "../runner/pages/html/page";
import { pageMarkdown } from "../runner/pages/markdown/page";
import { driftPlaces, type Place } from "./drift/driftPlaces";
import { readDriftRequest, type ConnectionOptions } from "./drift/driftRequest";
import { driftSarif } from "./drift/driftSarif";
import { stackOption, wholeNumber } from "./options";
import { print } from "./print";

const HELP = `
Needs the repository and a login that may read v7_control.history: a member of v7_ci, in a stack with v7:roleSuffix
of v7_ci with that suffix. Needs no Pulumi login and no passphrase. Reads only.

Server: from Pulumi.<stack>.yaml, unless flags name another. A stack with a server of its own has its address in its
outputs; reading them needs the engine that npm start prepared. The environment never names the server: with PGHOST,
DATABASE_URL or a similar variable set, and neither --host nor --url-from, the command is refused.
Login: --user, else PGUSER. Password: PGPASSWORD; there is no flag for it.
--url-from NAME takes all of these from the variable NAME:
  postgresql://LOGIN:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE

Exit codes:
  0  no drift
  1  drift could not be determined: the message says why
  2  drift

Examples:
  npx v7 drift --stack prod
  npx v7 drift --stack prod --json drift.json --html drift.html
`;

/** Not 1, which means that drift could not be determined. */
const EXIT_DRIFT = 2;

interface DriftOptions extends ConnectionOptions {
  readonly stack: string;
  readonly json?: string | true;
  readonly sarif?: string | true;
  readonly html?: string | true;
  readonly markdown?: string | true;
  readonly historyHead?: string;
  readonly timeout: number;
}

export function addDrift(program: Command): void {
  program
    .command("drift")
    .description("compare the database with what was approved; exit code 2 where it differs")
    .addOption(stackOption())
    .option("--json [file]", "the report as docs/schemas/drift.schema.json describes it")
    .option("--sarif [file]", "the report as SARIF 2.1.0")
    .option("--html [file]", "the report as one HTML page")
    .option("--markdown [file]", "the report as Markdown, for an issue or a job's summary")
    .option(
      "--history-head <digest>",
      "historyHead of an earlier report; its row must still be in the history",
    )
    .option("--timeout <seconds>", "time limit of the whole check", wholeNumber(1, 3600), 60)
    .option("--url-from <variable>", "environment variable that holds the connection's URL")
    .option("--host <host>", "the server")
    .option("--port <port>", "its port")
    .option("--database <name>", "the database")
    .option("--user <login>", "the login")
    .option("--ssl-mode <mode>", "verify-full, verify-ca, require or disable")
    .option("--ca-certificate <file>", "PEM file of the server's certificate authority")
    .addHelpText("after", HELP)
    .action(async (options: DriftOptions) => {
      const { report, places } = await check(options);
      write(report, places, options);
      process.exitCode = report.drift ? EXIT_DRIFT : 0;
    });
}

async function check(
  options: DriftOptions,
): Promise<{ readonly report: DriftReport; readonly places: readonly Place[] }> {
  refuseTwoOnOutput(options);
  const { connection, request } = await readDriftRequest(options.stack, options);
  const checked = await checkDrift(connection, request, {
    timeoutSeconds: options.timeout,
    ...(options.historyHead === undefined ? {} : { knownHead: options.historyHead }),
  });
  const report = driftReport(options.stack, connection, checked, new Date());
  return { report, places: checked.findings.map(driftPlaces(request)) };
}

function write(report: DriftReport, places: readonly Place[], options: DriftOptions): void {
  const forms = [
    [options.json, () => `${visibleJson(report, 2)}\n`],
    [options.sarif, () => `${visibleJson(driftSarif(report, places), 2)}\n`],
    [options.html, () => pageHtml(driftPage(report))],
    [options.markdown, () => pageMarkdown(driftPage(report))],
  ] as const;
  for (const [where, text] of forms) {
    if (typeof where === "string") {
      writeFileSync(where, text());
    } else if (where === true) {
      print(text().trimEnd());
    }
  }
  if (forms.every(([where]) => where !== true)) {
    print(describeDrift(report));
  }
}

function refuseTwoOnOutput({ json, sarif, html, markdown }: DriftOptions): void {
  if ([json, sarif, html, markdown].filter((where) => where === true).length > 1) {
    throw fault("COMMAND_INVALID", {
      what: "npx v7 drift",
      found: "two report formats that both go to standard output",
      expected: "at most one report on standard output, the others in files (--sarif FILE)",
      remedy: "Add a file name to all but one of these options",
    });
  }
}
