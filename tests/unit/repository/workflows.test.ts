import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { parse } from "yaml";
import { folderOfTest } from "../../support/folder";
import { filesBelow, ROOT, textOf } from "../../support/repository";
import { jobsThatRun, pullRequest } from "../../support/workflow";

jest.setTimeout(60_000);

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly "timeout-minutes"?: number;
  readonly steps?: readonly Step[];
}
interface Workflow {
  readonly on: unknown;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = ".github/workflows";
const paths = filesBelow(FOLDER);
const workflows = paths.map((path) => ({ path, text: textOf(path), ...readWorkflow(path) }));
const jobs = workflows.flatMap((workflow) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ place: `${workflow.path} ${name}`, job })),
);
const steps = jobs.flatMap(({ place, job }) =>
  (job.steps ?? []).map((step) => ({ place, ...step })),
);

function readWorkflow(path: string): Workflow {
  return parse(textOf(path)) as Workflow;
}

describe("the workflows", () => {
  it("are all .yml files, which lint:workflows checks", () => {
    expect(paths.filter((path) => !path.endsWith(".yml"))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(
        ["branch", "ci", "deploy", "preview"].map((name) => `${FOLDER}/${name}.yml`),
      ),
    );
  });

  it("use each action by one commit, with the version in a comment", () => {
    const own = filesBelow(".github/actions");
    const lines = [...workflows.map(({ text }) => text), ...own.map(textOf)]
      .flatMap((text) => text.split("\n").filter((line) => /\buses:/.test(line)))
      .filter((line) => !/uses: \.\//.test(line));
    const pinned = /^ *(- )?uses: ([\w-]+\/[\w/-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$/;
    expect(lines.filter((line) => !pinned.test(line))).toEqual([]);
    const others = steps.filter(({ uses = "./" }) => !uses.startsWith("./"));
    expect(lines).toHaveLength(others.length + own.length);
    const commits = new Map<string, Set<string>>();
    for (const line of lines) {
      const [, , action = "", commit = ""] = pinned.exec(line) ?? [];
      commits.set(action, (commits.get(action) ?? new Set()).add(commit));
    }
    expect([...commits].filter(([, of]) => of.size > 1)).toEqual([]);
  });

  it("set up Node.js only by our own action, in every job with a checkout", () => {
    const uses = (wanted: string): readonly string[] =>
      steps.flatMap(({ place, uses: used = "" }) => (used.startsWith(wanted) ? place : []));
    expect(uses("actions/setup-node")).toEqual([]);
    expect(uses("./.github/actions/set-up")).toEqual(uses("actions/checkout"));
    expect(parse(textOf(".github/actions/set-up/action.yml"))).toMatchObject({
      runs: { using: "composite", steps: [{ with: { cache: "npm" } }] },
    });
  });

  it("keep the test results of every job with tests, for the report of Article 5", () => {
    const keeping = jobs.filter(({ job }) =>
      job.steps?.some(({ uses }) => uses === "./.github/actions/keep-test-results"),
    );
    const testing = jobs.filter(({ job }) =>
      job.steps?.some(({ run = "" }) => /^npm test\b/.test(run)),
    );
    expect(keeping).toEqual(testing);
    expect(parse(textOf(".github/actions/keep-test-results/action.yml"))).toMatchObject({
      runs: { steps: [{ with: { path: ".v7/test-results.json", "include-hidden-files": true } }] },
    });
  });

  it.each([
    ["push", ["ci fast", "ci integration", "ci e2e"]],
    ["workflow_dispatch", ["nightly integration"]],
    ["schedule", ["nightly integration"]],
    ["pull_request", ["branch embedded", "ci fast", "ci integration", "ci e2e"]],
  ])("start only tests if no variable is set: %s", (event, expected) => {
    const context = {
      ...pullRequest("opened"),
      "github.event_name": event,
      "github.ref": "refs/heads/main",
    };
    const started = workflows
      .filter(({ on }) => event in (on as object))
      .flatMap(({ path, text }) =>
        jobsThatRun(text, context).map((job) => `${basename(path, ".yml")} ${job}`),
      );
    expect(started).toEqual(expected);
  });

  it("act on prod only by hand, from main, in the environment production, and never during a deployment", () => {
    const [act] = workflows.filter(({ path }) => path.endsWith("/act.yml"));
    const [deploy] = workflows.filter(({ path }) => path.endsWith("/deploy.yml"));
    expect(act?.on).toMatchObject({
      workflow_dispatch: {
        inputs: { action: { options: ["rollback", "repair", "restore", "trust"] } },
      },
    });
    expect(act?.jobs["act"]).toMatchObject({ environment: "production" });
    expect(act?.concurrency).toEqual(deploy?.concurrency);
    const on = { "vars.V7_DEPLOY": "on", "github.ref": "refs/heads/main" };
    expect(jobsThatRun(act?.text ?? "", on)).toEqual(["act"]);
    expect(jobsThatRun(act?.text ?? "", { ...on, "github.ref": "refs/heads/other" })).toEqual([]);
  });

  it("have no permission by default except to read the repository", () => {
    const granted = workflows.map(({ path, permissions }) => [path, permissions]);
    expect(
      granted.filter(
        ([, permissions]) =>
          permissions === undefined ||
          !["{}", '{"contents":"read"}'].includes(JSON.stringify(permissions)),
      ),
    ).toEqual([]);
  });

  it("end every job after at most an hour", () => {
    const without = jobs.filter(({ job }) => {
      const minutes = job["timeout-minutes"];
      return typeof minutes !== "number" || minutes < 1 || minutes > 60;
    });
    expect(without.map(({ place }) => place)).toEqual([]);
  });

  it("have no trigger that gives secrets to a fork's code", () => {
    expect(
      paths.filter((path) => /pull_request_target|workflow_run|issue_comment/.test(textOf(path))),
    ).toEqual([]);
  });

  it("have no expression within a script", () => {
    const pasted = steps.filter(({ run = "" }) => run.includes("${{"));
    expect(pasted.map(({ place, run }) => [place, run])).toEqual([]);
  });

  it("have scripts that the shell can parse", () => {
    const broken = steps.filter(
      ({ run }) => run !== undefined && spawnSync("bash", ["-n"], { input: run }).status !== 0,
    );
    expect(broken.map(({ place, run }) => [place, run])).toEqual([]);
  });

  it("keep no credentials after a checkout", () => {
    const checkouts = steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
    expect(checkouts.length).toBeGreaterThan(3);
  });

  it("use the policy pack in every preview and run, in their scripts too", () => {
    const scripts = filesBelow(".github/scripts")
      .filter((path) => path.endsWith(".sh"))
      .map((path) => ({
        place: path,
        run: textOf(path),
      }));
    const runs = [...steps, ...scripts].flatMap(({ place, run = "" }) =>
      run
        .replaceAll("\\\n", " ")
        .split("\n")
        .filter((line) => /\bpulumi (up|preview)\b/.test(line))
        .map((line) => ({ place, line })),
    );
    expect(runs.filter(({ line }) => !line.includes("--policy-pack policy"))).toEqual([]);
    expect(runs.length).toBeGreaterThan(2);
  });
});

describe("npm run lint:workflows", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const folder = folderOfTest();

  /** The script as npm runs it, on a folder of one workflow. */
  function lint(lines: readonly string[]): { code: number | null; output: string } {
    mkdirSync(join(folder(), FOLDER), { recursive: true });
    writeFileSync(join(folder(), FOLDER, "one.yml"), `${lines.join("\n")}\n`);
    const PATH = [join(ROOT, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(delimiter);
    const { status, stdout, stderr } = spawnSync("sh", ["-c", scripts["lint:workflows"] ?? ""], {
      cwd: folder(),
      env: { ...process.env, PATH, NO_COLOR: "1" },
      encoding: "utf8",
    });
    return { code: status, output: stdout + stderr };
  }
  const right = ["on: push", "jobs:", "  one:", "    runs-on: ubuntu-24.04", "    steps:"];

  it("is a part of npm run lint", () => {
    expect(scripts["lint"]).toContain("npm run --silent lint:workflows");
  });

  it("accepts a correct workflow", () => {
    expect(lint([...right, "      - run: echo fine"]).code).toBe(0);
  });

  it.each([
    ["that is not YAML", ["on: push", "jobs: ["], "could not parse as YAML"],
    ["with an unknown key", [...right, "      - runs: echo"], '"runs"'],
    [
      "with an expression of an unknown variable",
      [...right, "      - run: echo ${{ stepz.one }}"],
      'undefined variable "stepz"',
    ],
    [
      "that puts a pull request's title into a script",
      [...right, "      - run: echo ${{ github.event.pull_request.title }}"],
      "potentially untrusted",
    ],
    [
      "on an unknown runner",
      [...right.slice(0, 3), "    runs-on: ubuntu-99.04", "    steps:", "      - run: echo"],
      '"ubuntu-99.04" is unknown',
    ],
  ])("refuses a workflow %s", (_what, lines, message) => {
    const { code, output } = lint(lines);
    expect(output).toContain(message);
    expect(code).toBe(1);
  });
});
