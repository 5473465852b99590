import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { run } from "./command";
import { CHECKOUT, places } from "./paths";
import type { Engine } from "./prepare";
import { say, step, type Note } from "./progress";

/** Runs `pulumi` with these arguments and returns its exit code. */
export type RunPulumi = (args: readonly string[]) => Promise<number>;

export interface QuietResult {
  /** What `work` returned. */
  readonly code: number;
  /** The remarks of policies and resources; where the last run failed, all of its errors. */
  readonly lines: readonly string[];
}

/**
 * Runs Pulumi, once or several times, as one step of few lines: how far it is, and at the end what it changed. Pulumi's
 * whole output goes to a log file of the stack.
 *
 * @param name the step's name for the user
 * @param work makes the runs, and returns the exit code of the first that failed, else 0
 */
export async function runPulumiQuietly(
  engine: Engine,
  stack: string,
  name: string,
  work: (pulumi: RunPulumi) => Promise<number>,
): Promise<QuietResult> {
  const file = logFile(stack);
  mkdirSync(dirname(file), { recursive: true });
  const log = openSync(file, "w", 0o600);
  let output = "";
  try {
    const quietly = (note: Note): Promise<number> =>
      work(async (args) => {
        output = "";
        writeSync(log, `$ pulumi ${args.join(" ")}\n`);
        const onLine = (line: string): void => {
          output += `${line}\n`;
          writeSync(log, `${line}\n`);
          const doing = progressOf(line);
          if (doing !== undefined) {
            note(doing);
          }
        };
        const { code } = await run(join(engine.bin, "pulumi"), args, {
          folder: CHECKOUT,
          environment: engine.environment,
          onOutputLine: onLine,
          onErrorLine: onLine,
        });
        note(changesIn(output));
        return code;
      });
    const code = await step(name, quietly, (result) => result === 0);
    if (code !== 0) {
      say(`Pulumi's whole output: ${relative(CHECKOUT, file)}`);
    }
    return { code, lines: code === 0 ? remarksIn(output) : errorsIn(output) };
  } finally {
    closeSync(log);
  }
}

/** The log with Pulumi's output for a stack, of the last start. */
export function logFile(stack: string): string {
  return join(places().own, "logs", `start-${stack.replaceAll(/[^\w.-]/g, "_")}.log`);
}

/** The types of resources whose progress is shown, with the user's words for them. */
const KINDS: readonly (readonly [prefix: string, words: string])[] = [
  ["directive:index:EmbeddedPostgres", "the server"],
  ["docker:", "the container"],
  ["directive:index:ContainerServer", "the server in it"],
  ["directive:index:DatabaseClone", "the database"],
  ["directive:index:ApprovalGate", "the gate"],
  ["postgresql:index:Role", "the roles"],
  ["directive:index:MigrationRunner", "the directive"],
  ["postgresql:index:Grant", "the grants"],
  ["directive:index:CatalogCheck", "the check of the whole"],
];

/** The progress that a line of Pulumi's shows (` +  TYPE NAME creating (0s) MESSAGE`); undefined for other lines. */
export function progressOf(line: string): string | undefined {
  if (line.includes("^C received")) {
    return line.trim();
  }
  const [, type = "", verb, message = ""] =
    /^ *[+~-]+ +(\S+) \S+ (creat|updat|delet|replac)ing(?: \([^)]*\))? *(.*)$/.exec(line) ?? [];
  const kind = KINDS.find(([prefix]) => type.startsWith(prefix))?.[1];
  if (kind === undefined) {
    return undefined;
  }
  const doing = `${verb === "delet" ? "removing" : "making"} ${kind}`;
  return message === "" ? doing : `${doing}: ${message}`;
}

/** The lines below a heading of Pulumi's summary, up to the next heading; none where it has no such heading. */
function sectionOf(output: string, heading: string): string[] {
  const lines = output.split("\n");
  const at = lines.lastIndexOf(`${heading}:`);
  const below = at === -1 ? [] : lines.slice(at + 1);
  const end = below.findIndex((line) => /^\S/.test(line));
  return below.slice(0, end === -1 ? undefined : end).filter((line) => line.trim() !== "");
}

/** What a run changed: `65 created, 2 updated`. */
export function changesIn(output: string): string {
  return (
    sectionOf(output, "Resources")
      // Pulumi adds a line with the sum where there are several kinds of changes.
      .map((line) => line.replace(/^[ +~-]+|\d+ changes\. /g, ""))
      .join(", ")
  );
}

/** The remarks of policies and resources in a successful run, without their headings and without the policies that hold. */
export function remarksIn(output: string): string[] {
  return ["Policies", "Diagnostics"]
    .flatMap((heading) => sectionOf(output, heading))
    .filter((line) => line.startsWith("    ") && !line.includes("✅"));
}

/** Why a run failed: everything from the policies' and resources' messages on; the whole output where it has none. */
export function errorsIn(output: string): string[] {
  const lines = output.trimEnd().split("\n");
  const begin = lines.findIndex((line) => /^(Policies|Diagnostics):$/.test(line));
  return lines.slice(Math.max(0, begin));
}
