import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { visible } from "../runner/base/visible";
import { run } from "./command";
import { CHECKOUT, places } from "./paths";
import type { Engine } from "./prepare";
import { say, step, type Note } from "./progress";
import { resourceKind } from "./resourceKinds";

/** Runs `pulumi` with these arguments; its exit code. */
export type RunPulumi = (args: readonly string[]) => Promise<number>;

/**
 * Does what takes several runs of Pulumi, and tells of it in few lines: how far it is, and at the end what changed and what
 * the resources had to say. All that Pulumi prints is kept in a file of the stack's; where a run fails, its errors are shown
 * in full.
 *
 * @returns the exit code that the work returns
 */
export async function runPulumiQuietly(
  engine: Engine,
  stack: string,
  work: (pulumi: RunPulumi) => Promise<number>,
): Promise<number> {
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
    const code = await step(`pulumi up on stack ${stack}`, quietly, (one) => one === 0);
    (code === 0 ? remarksIn(output) : errorsIn(output)).forEach((line) => {
      process.stderr.write(`${visible(line)}\n`);
    });
    if (code !== 0) {
      say(`all that Pulumi printed: ${relative(CHECKOUT, file)}`);
    }
    return code;
  } finally {
    closeSync(log);
  }
}

/** Where the output of a stack's last start is kept. */
function logFile(stack: string): string {
  return join(places().own, "logs", `start-${stack.replaceAll(/[^\w.-]/g, "_")}.log`);
}

/** What a line of Pulumi's says is being done: ` +  TYPE NAME creating (0s) MESSAGE`. */
export function progressOf(line: string): string | undefined {
  if (line.includes("^C received")) {
    return line.trim();
  }
  const [, type = "", verb, message = ""] =
    /^ *[+~-]+ +(\S+) \S+ (creat|updat|delet|replac)ing(?: \([^)]*\))? *(.*)$/.exec(line) ?? [];
  const kind = resourceKind(type);
  if (kind === "") {
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
      // Of several changes it says their sum, too.
      .map((line) => line.replace(/^[ +~-]+|\d+ changes\. /g, ""))
      .join(", ")
  );
}

/** What policies and resources had to say of a run that went well: neither the policies that hold, nor whose word it is. */
export function remarksIn(output: string): string[] {
  return ["Policies", "Diagnostics"]
    .flatMap((heading) => sectionOf(output, heading))
    .filter((line) => line.startsWith("    ") && !line.includes("✅"));
}

/** Why a run failed: what policies and resources said; all of it, where it failed before there was either. */
export function errorsIn(output: string): string[] {
  const lines = output.trimEnd().split("\n");
  const begin = lines.findIndex((line) => /^(Policies|Diagnostics):$/.test(line));
  return lines.slice(Math.max(0, begin));
}
