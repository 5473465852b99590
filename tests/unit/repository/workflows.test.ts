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
  it("are files that the check of workflows looks at", () => {
    expect(paths.filter((path) => !path.endsWith(".yml"))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(
        ["branch", "ci", "deploy", "preview"].map((name) => `${FOLDER}/${name}.yml`),
      ),
    );
  });

  it("use actions by their commit, with the version beside it, and one commit of each", () => {
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

  it("set up Node.js by our own action alone, which every job with a checkout uses", () => {
    const uses = (wanted: string): readonly string[] =>
      steps.flatMap(({ place, uses: used = "" }) => (used.startsWith(wanted) ? place : []));
    expect(uses("actions/setup-node")).toEqual([]);
    expect(uses("./.github/actions/set-up")).toEqual(uses("actions/checkout"));
    expect(parse(textOf(".github/actions/set-up/action.yml"))).toMatchObject({
      runs: { using: "composite", steps: [{ with: { cache: "npm" } }] },
    });
  });

  it("keep what the tests came to, pass or fail, for the report of Article 5", () => {
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
  ])("start nothing but tests where no variable is set: %s", (event, expected) => {
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

  it("act on prod by hand, from main, behind its environment, and one at a time with deploy", () => {
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

  it("begin with the permission to read the repository, or none; a job asks for more by name", () => {
    const granted = workflows.map(({ path, permissions }) => [path, permissions]);
    expect(
      granted.filter(
        ([, permissions]) =>
          permissions === undefined ||
          !["{}", '{"contents":"read"}'].includes(JSON.stringify(permissions)),
      ),
    ).toEqual([]);
  });

  it("end every job after an hour at most", () => {
    const without = jobs.filter(({ job }) => {
      const minutes = job["timeout-minutes"];
      return typeof minutes !== "number" || minutes < 1 || minutes > 60;
    });
    expect(without.map(({ place }) => place)).toEqual([]);
  });

  it("never run with the base repository's secrets on another's code", () => {
    expect(
      paths.filter((path) => /pull_request_target|workflow_run|issue_comment/.test(textOf(path))),
    ).toEqual([]);
  });

  it("paste nothing into a script: what a step needs comes by its environment", () => {
    const pasted = steps.filter(({ run = "" }) => run.includes("${{"));
    expect(pasted.map(({ place, run }) => [place, run])).toEqual([]);
  });

  it("have scripts that the shell can read", () => {
    const broken = steps.filter(
      ({ run }) => run !== undefined && spawnSync("bash", ["-n"], { input: run }).status !== 0,
    );
    expect(broken.map(({ place, run }) => [place, run])).toEqual([]);
  });

  it("leave no credentials behind a checkout", () => {
    const checkouts = steps.filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
    expect(checkouts.filter((step) => step.with?.["persist-credentials"] !== false)).toEqual([]);
    expect(checkouts.length).toBeGreaterThan(3);
  });

  it("pass the policy pack wherever they preview or run, in their scripts too", () => {
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

  it("is a part of npm run lint, and so of npm test", () => {
    expect(scripts["lint"]).toContain("npm run --silent lint:workflows");
  });

  it("passes a workflow that is right", () => {
    expect(lint([...right, "      - run: echo fine"]).code).toBe(0);
  });

  it.each([
    ["that is not YAML", ["on: push", "jobs: ["], "could not parse as YAML"],
    ["with a key that there is not", [...right, "      - runs: echo"], '"runs"'],
    [
      "with an expression of something that there is not",
      [...right, "      - run: echo ${{ stepz.one }}"],
      'undefined variable "stepz"',
    ],
    [
      "that pastes what strangers write into a script",
      [...right, "      - run: echo ${{ github.event.pull_request.title }}"],
      "potentially untrusted",
    ],
    [
      "on a runner that there is not",
      [...right.slice(0, 3), "    runs-on: ubuntu-99.04", "    steps:", "      - run: echo"],
      '"ubuntu-99.04" is unknown',
    ],
  ])("refuses a workflow %s", (_what, lines, message) => {
    const { code, output } = lint(lines);
    expect(output).toContain(message);
    expect(code).toBe(1);
  });
});
