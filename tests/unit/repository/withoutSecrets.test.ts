import { parse } from "yaml";
import { filesBelow, ROOT, textOf } from "../../support/repository";
import { DEPENDABOT, FORK, jobsThatRun, pullRequest, runJob } from "../../support/workflow";

/** The parts of a job that forks and Dependabot do not get: secrets, and a token that may write. */
const NEEDS = /secrets\.|"environment":|:"write"/;
/** Every variable that turns a job on. */
const ALL_ON = {
  "vars.V7_PREVIEW": "on",
  "vars.V7_DEPLOY": "on",
  "vars.V7_DRIFT": "on",
  "vars.V7_BACKEND_URL": "s3://bucket",
};

const workflows = filesBelow(".github/workflows")
  .map((path) => ({ path, text: textOf(path) }))
  .map((file) => ({ ...file, ...(parse(file.text) as { on: object; jobs: object }) }))
  .filter(({ on }) => "pull_request" in on);

describe("the workflows on a pull request", () => {
  it.each([
    ["a fork's", FORK],
    ["Dependabot's", DEPENDABOT],
  ])("skip the jobs that need secrets, and run the others: %s", (_whose, who) => {
    const actions = ["opened", "synchronize", "reopened", "closed"];
    const run = workflows.flatMap(({ path, text, jobs }) =>
      actions.flatMap((action) =>
        jobsThatRun(text, pullRequest(action, { ...ALL_ON, ...who })).map((name) => ({
          job: `${path} ${name}`,
          text: JSON.stringify((jobs as Record<string, unknown>)[name]),
        })),
      ),
    );
    expect(run.filter(({ text }) => NEEDS.test(text)).map(({ job }) => job)).toEqual([]);
    expect(new Set(run.map(({ job }) => job))).toEqual(
      new Set([
        ".github/workflows/branch.yml embedded",
        ".github/workflows/ci.yml fast",
        ".github/workflows/ci.yml integration",
        ".github/workflows/ci.yml e2e",
        ".github/workflows/preview.yml skipped",
      ]),
    );
  });

  it("run the jobs that need secrets for a branch of the repository itself", () => {
    const [preview] = workflows.filter(({ path }) => path.endsWith("preview.yml"));
    expect(jobsThatRun(preview?.text ?? "", pullRequest("opened", ALL_ON))).toEqual([
      "plan",
      "comment",
    ]);
  });

  it.each([
    ["a fork's", "somebody", "comes from a fork"],
    ["Dependabot's", "dependabot[bot]", "gives Dependabot no credentials"],
  ])("say why there is no preview: %s", (_whose, actor, why) => {
    const context = { "github.actor": actor };
    const { succeeded, summary } = runJob(ROOT, "preview", "skipped", context);
    expect(summary).toContain(why);
    expect(succeeded).toBe(true);
  });
});
