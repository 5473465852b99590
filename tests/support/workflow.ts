import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { engineEnvironment } from "../../engine/environment";

/** What stands for GitHub's `secrets.X`, `vars.X`, `github.x.y` and so on, by that text. */
export type Context = Readonly<Record<string, string>>;

export interface JobRun {
  /** Whether every step that ran ended with 0. */
  readonly succeeded: boolean;
  /** What each step printed, by its name, else by its script; a step that was skipped is not there. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What the job wrote for the run's page. */
  readonly summary: string;
}

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { env?: Step["env"]; steps: readonly Step[] }>>;
}

/**
 * Runs a job's scripts in a checkout as a runner would: in order, each in its own shell, after a failure only those that
 * run always. Actions (`uses`) are left out, so what only GitHub can do is not tried.
 *
 * @param environment of the runner itself, beside what the job gives its steps
 */
export function runJob(
  folder: string,
  workflow: string,
  job: string,
  context: Context,
  environment: Readonly<Record<string, string>> = {},
): JobRun {
  const text = readFileSync(join(folder, ".github", "workflows", `${workflow}.yml`), "utf8");
  const { env: jobEnvironment = {}, steps } = (parse(text) as Workflow).jobs[job] ?? { steps: [] };
  const temporary = mkdtempSync(join(tmpdir(), "v7-runner-"));
  const summary = join(temporary, "summary.md");
  const outputs: Record<string, string> = {};
  let succeeded = true;
  for (const { name, run, if: condition, env = {} } of steps) {
    if (run === undefined || !(succeeded || condition === "always()")) {
      continue;
    }
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["--noprofile", "--norc", "-eo", "pipefail", "-c", run],
      {
        cwd: folder,
        encoding: "utf8",
        maxBuffer: 64 * 1024 * 1024,
        env: {
          ...runnerEnvironment(),
          RUNNER_TEMP: temporary,
          GITHUB_STEP_SUMMARY: summary,
          ...environment,
          ...filledIn({ ...jobEnvironment, ...env }, context),
        },
      },
    );
    outputs[name ?? run] = stdout + stderr;
    succeeded &&= status === 0;
  }
  const page = readIfThere(summary);
  rmSync(temporary, { recursive: true, force: true });
  return { succeeded, outputs, summary: page };
}

/** This machine's environment without Pulumi's and our own variables, which a fresh runner does not have. */
function runnerEnvironment(): NodeJS.ProcessEnv {
  const own = new Set(Object.keys(engineEnvironment("", {})));
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        ["PATH", "HOME", "USER", "TMPDIR"].includes(name) ||
        !(own.has(name) || /^(PULUMI|V7|GITHUB|RUNNER)_/.test(name)),
    ),
  );
}

function filledIn(env: Readonly<Record<string, string>>, context: Context): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      // As GitHub does: what there is not is empty.
      value.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_whole, what: string) => context[what] ?? ""),
    ]),
  );
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
