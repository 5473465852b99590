import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { parseSettings } from "../../../runner/settings/stackSettings";
import { folderOfTest } from "../../support/folder";
import { makeGitRepository, type GitRepository } from "../../support/gitRepository";
import { ROOT, textOf } from "../../support/repository";
import {
  evaluate,
  DEPENDABOT,
  FORK,
  jobsThatRun,
  pullRequest,
  runJob,
  type Context,
  type JobRun,
} from "../../support/workflow";

jest.setTimeout(60_000);

interface Job {
  readonly environment?: string;
  readonly permissions: unknown;
}
interface Workflow {
  readonly concurrency: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const text = textOf(".github/workflows/branch.yml");
const { jobs, concurrency } = parse(text) as Workflow;
/** A name that a branch may have: a shell must not evaluate any part of it. */
const BRANCH = "feature/$(touch x);`id`&'ü'";

const SHARED = { "vars.V7_BACKEND_URL": "s3://bucket" };
const NIGHT = { "github.event_name": "schedule", "github.repository": "owner/repository" };

describe("the workflow branch", () => {
  it.each<[string, Context, string[]]>([
    ["a push, without shared state", pullRequest("synchronize"), ["embedded"]],
    ["a push, with shared state", pullRequest("synchronize", SHARED), ["up"]],
    ["a pull request is opened, with shared state", pullRequest("opened", SHARED), ["up"]],
    ["a fork's push", pullRequest("synchronize", { ...SHARED, ...FORK }), ["embedded"]],
    ["a push of Dependabot's", pullRequest("opened", { ...SHARED, ...DEPENDABOT }), ["embedded"]],
    ["a pull request is closed, without shared state", pullRequest("closed"), []],
    ["a pull request is closed, with shared state", pullRequest("closed", SHARED), ["down"]],
    ["a fork's pull request is closed", pullRequest("closed", { ...SHARED, ...FORK }), []],
    ["a night without shared state", NIGHT, []],
    ["a night with shared state", { ...NIGHT, ...SHARED }, ["prune"]],
    ["a run by hand", { ...NIGHT, ...SHARED, "github.event_name": "workflow_dispatch" }, ["prune"]],
  ])("runs the right jobs for: %s", (_what, context, expected) => {
    expect(jobsThatRun(text, context)).toEqual(expected);
  });

  it("gives secrets only to jobs that no fork's pull request starts", () => {
    const given = Object.entries(jobs).map(([name, job]) => [
      name,
      /secrets\.|"environment"/.test(JSON.stringify(job)),
    ]);
    expect(Object.fromEntries(given)).toEqual({
      embedded: false,
      up: true,
      down: true,
      prune: true,
    });
    for (const { permissions } of Object.values(jobs)) {
      expect(permissions).toEqual({ contents: "read" });
    }
  });

  it("never cancels a run, and runs branches, forks and the nightly job side by side", () => {
    const group = (context: Context): string =>
      String(concurrency["group"]).replace(/\$\{\{(.*?)\}\}/g, (_whole, expression: string) =>
        String(evaluate(expression, context)),
      );
    expect(concurrency["cancel-in-progress"]).toBe(false);
    expect(group(pullRequest("closed"))).toBe(group(pullRequest("opened")));
    const others = [
      pullRequest("opened"),
      pullRequest("opened", FORK),
      pullRequest("opened", { "github.head_ref": "other" }),
      pullRequest("opened", { "github.head_ref": "prune" }),
      NIGHT,
    ].map(group);
    expect(new Set(others).size).toBe(others.length);
  });
});

// npm, npx, v7 and pulumi are fakes that record their arguments and the shared state's URL: no test here may reach a
// server. tests/e2e/workflows.test.ts runs the job embedded with the real ones.
describe("the scripts of the workflow branch", () => {
  const ofTest = folderOfTest();
  let folder: string;
  let bin: string;

  beforeEach(() => {
    folder = ofTest();
    bin = join(folder, "bin");
    cpSync(join(ROOT, ".github"), join(folder, ".github"), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, ".v7"));
    writeFileSync(join(folder, ".v7", "env"), "");
    settings("external");
    mkdirSync(bin);
    for (const name of ["npm", "npx", "v7", "pulumi"]) {
      standIn(name);
    }
  });

  function standIn(name: string, code = 0): void {
    const script = `#!/usr/bin/env bash
printf '%s%s\\n' "\${V7_BACKEND_URL:+shared }" "${name} $*" >> '${folder}/calls'
case "${name} $*" in
  "v7 branch status"*) echo '{ "stack": "dev-feature" }' ;;
  "v7 branch url"*--no-password) echo postgresql://postgres@host:5432/dev_feature ;;
  "v7 branch url"*) echo postgresql://postgres:the-password@host:5432/dev_feature ;;
  "v7 drift"*) [ "$BRANCH_URL" = postgresql://postgres:the-password@host:5432/dev_feature ] || exit 1; echo no drift; exit ${code} ;;
  "v7 status"*) echo Stack dev-feature ;;
  "npx v7 branch prune"*) echo removed: dev-old ;;
esac
`;
    writeFileSync(join(bin, name), script, { mode: 0o755 });
  }

  function settings(database: string): void {
    writeFileSync(
      join(folder, "Pulumi.dev.yaml"),
      `encryptionsalt: v1:x:y\nconfig:\n  v7:database: ${database}\n  v7:postgresMajor: "16"\n  v7:requireApproval: "false"\n` +
        (database === "external"
          ? '  v7:host: db.example.org\n  v7:port: "5432"\n  v7:user: v7_branches\n  v7:databaseName: v7\n  v7:sslMode: verify-full\n  v7:password:\n    secure: v1:a:b\n'
          : ""),
    );
  }

  function run(job: string, context: Context = {}, at = folder): JobRun {
    const PATH = [bin, process.env["PATH"] ?? ""].join(delimiter);
    return runJob(at, "branch", job, context, { PATH, GITHUB_HEAD_REF: BRANCH });
  }
  const calls = (): string[] => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  const verified = [
    `v7 branch status --branch ${BRANCH} --json`,
    "pulumi up --yes --skip-preview --expect-no-changes --stack dev-feature --policy-pack policy --non-interactive",
    `v7 branch url --branch ${BRANCH}`,
    "v7 drift --stack dev-feature --url-from BRANCH_URL",
    "v7 status --stack dev-feature",
    `v7 branch url --branch ${BRANCH} --no-password`,
  ];

  it("start and verify a shared database, after the packages' scripts have run without secrets", () => {
    const { succeeded, outputs, summary } = run("up", SHARED);
    expect(outputs).toMatchObject({ verify: expect.stringContaining("no drift") as unknown });
    expect(succeeded).toBe(true);
    expect(calls()).toEqual([
      "npm run engine",
      ...[`npx v7 branch up --branch ${BRANCH}`, ...verified].map((call) => `shared ${call}`),
    ]);
    expect(summary).toBe(
      "Database: `postgresql://postgres@host:5432/dev_feature`\n\n```text\nStack dev-feature\n```\n",
    );
    expect(JSON.stringify(outputs) + summary).not.toContain("the-password");
  });

  it.each([["embedded"], ["docker"]])(
    "refuse a shared state for a server of the runner's own: %s",
    (database) => {
      settings(database);
      const { succeeded, outputs } = run("up", SHARED);
      expect(outputs["up"]).toContain("::error title=No shared server::");
      expect(succeeded).toBe(false);
      expect(calls()).toEqual(["npm run engine"]);
    },
  );

  it("start, verify and remove an embedded database, even if the settings name another", () => {
    const { succeeded } = run("embedded", SHARED);
    expect(succeeded).toBe(true);
    expect(calls()).toEqual([
      "npm run engine",
      `npx v7 branch up --branch ${BRANCH}`,
      ...verified,
      `npx v7 branch down --branch ${BRANCH}`,
    ]);
    const made = textOfSettings();
    expect(made).not.toMatch(/encryptionsalt|secure|example/);
    const { config } = parse(made) as { config: Record<string, string> };
    const raw = Object.entries(config).map(([key, value]) => [key.replace("v7:", ""), value]);
    expect(parseSettings(Object.fromEntries(raw) as Record<string, string>)).toMatchObject({
      database: "embedded",
      postgresMajor: 16,
    });
  });

  it("do not change the settings of an embedded server", () => {
    settings("embedded");
    const before = textOfSettings();
    run("embedded");
    expect(textOfSettings()).toBe(before);
  });

  it("fail on drift, and remove the embedded database all the same", () => {
    standIn("v7", 2);
    const { succeeded, summary } = run("embedded");
    expect(succeeded).toBe(false);
    expect(summary).toBe("");
    expect(calls().slice(-2)).toEqual([
      "v7 drift --stack dev-feature --url-from BRANCH_URL",
      `npx v7 branch down --branch ${BRANCH}`,
    ]);
  });

  it("remove a shared database", () => {
    expect(run("down", SHARED).succeeded).toBe(true);
    expect(calls()).toEqual(["npm run engine", `shared npx v7 branch down --branch ${BRANCH}`]);
  });

  describe("prune", () => {
    let remote: GitRepository;
    let checkout: string;

    beforeEach(() => {
      remote = makeGitRepository();
      checkout = join(remote.folder, "..", "checkout");
      remote.git(["branch", "here"]);
      remote.git(["branch", "gone"]);
      // Like the checkout of actions/checkout: one branch, one commit.
      const url = `file://${remote.folder}`;
      remote.git(["clone", "--quiet", "--depth", "1", url, checkout]);
      remote.git(["update-ref", "refs/remotes/origin/gone", "HEAD"], checkout);
      remote.git(["branch", "-D", "gone"]);
      for (const name of [".github", ".v7"]) {
        cpSync(join(folder, name), join(checkout, name), { recursive: true });
      }
    });
    afterEach(() => {
      remote.remove();
    });
    const branches = (): string[] =>
      execFileSync("git", ["branch", "--remotes", "--format", "%(refname:lstrip=3)"], {
        cwd: checkout,
        encoding: "utf8",
      })
        .trim()
        .split("\n")
        .filter((name) => name !== "HEAD");

    it("after fetching every branch of the repository, and show the removed stacks", () => {
      const { succeeded, summary } = run(
        "prune",
        { ...SHARED, "github.token": "a-token" },
        checkout,
      );
      expect(succeeded).toBe(true);
      expect(branches()).toEqual(["here", "main"]);
      expect(calls()).toEqual(["npm run engine", "shared npx v7 branch prune --yes"]);
      expect(summary).toBe("```text\nremoved: dev-old\n```\n");
    });

    it("nothing if the branches cannot be fetched", () => {
      rmSync(remote.folder, { recursive: true });
      const { succeeded } = run("prune", { ...SHARED, "github.token": "a-token" }, checkout);
      expect(succeeded).toBe(false);
      expect(calls()).toEqual(["npm run engine"]);
    });

    it("with a token that is neither printed nor kept", () => {
      const { outputs } = run("prune", { ...SHARED, "github.token": "a-token" }, checkout);
      const encoded = Buffer.from("x-access-token:a-token").toString("base64");
      const config = readFileSync(join(checkout, ".git", "config"), "utf8");
      expect(JSON.stringify(outputs) + config).not.toMatch(new RegExp(`a-token|${encoded}`));
    });
  });

  function textOfSettings(): string {
    return readFileSync(join(folder, "Pulumi.dev.yaml"), "utf8");
  }
});
