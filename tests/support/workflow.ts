import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { parse } from "yaml";
import { engineEnvironment } from "../../engine/environment";

/** The values of GitHub's `secrets.X`, `vars.X`, `github.x.y` and so on, by that text. */
export type Context = Readonly<Record<string, string>>;

export interface JobRun {
  /** Whether every step that ran ended with 0. */
  readonly succeeded: boolean;
  /** The output of each step that ran, by its name, else by its script. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The job's summary on the run's page. */
  readonly summary: string;
}

interface Step {
  readonly name?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly if?: string;
  readonly needs?: string;
  readonly env?: Step["env"];
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}

const REPOSITORY = "owner/repository";
/** A pull request from a fork and one by Dependabot: GitHub gives secrets to neither. */
export const FORK = { "github.event.pull_request.head.repo.full_name": "stranger/repository" };
export const DEPENDABOT = { "github.actor": "dependabot[bot]" };

/** The context of a workflow on a pull request of a branch of the repository itself. */
export function pullRequest(action: string, more: Context = {}): Context {
  return {
    "github.event_name": "pull_request",
    "github.event.action": action,
    "github.actor": "somebody",
    "github.repository": REPOSITORY,
    "github.event.pull_request.head.repo.full_name": REPOSITORY,
    "github.head_ref": "feature",
    ...more,
  };
}

/** The jobs of a workflow's text that GitHub would select, in their order; as if every one succeeded. */
export function jobsThatRun(text: string, context: Context): string[] {
  const selected: string[] = [];
  for (const [name, { if: condition = "success()", needs }] of Object.entries(
    (parse(text) as Workflow).jobs,
  )) {
    const isMet = needs === undefined || selected.includes(needs);
    const results =
      needs === undefined ? {} : { [`needs.${needs}.result`]: isMet ? "success" : "skipped" };
    const isSelected = evaluate(condition, { ...context, ...results }) === true;
    if (isSelected && (isMet || condition.includes("always()"))) {
      selected.push(name);
    }
  }
  return selected;
}

/** The value of a GitHub expression, whose operators are JavaScript's; an unknown name is an empty text. */
export function evaluate(expression: string, context: Context): unknown {
  const script = expression.replace(/'[^']*'|[a-z]\w*(\.\w+)+/gi, (part) =>
    part.startsWith("'") ? part : JSON.stringify(context[part] ?? ""),
  );
  return runInNewContext(script, { always: () => true, success: () => true });
}

/**
 * Runs a job's scripts in a checkout as a runner would: in order, each in its own shell, after a failure only the steps that
 * run always. Actions (`uses`) are left out, so what only GitHub can do is not tried.
 *
 * @param environment of the runner itself, to which the job adds its own
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
      // As on GitHub, an unknown name is an empty text.
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
