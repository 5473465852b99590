import { spawn } from "node:child_process";
import { join } from "node:path";
import { readProgress, type Progress } from "../../../cli/status/progress";
import { withConnection } from "../../../runner/postgres/connection";
import { connectionOf } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { serverOfFile } from "../../support/postgres";
import { ROOT } from "../../support/repository";

const server = serverOfFile({ major: 17 });
let progress: Progress | undefined;

beforeAll(async () => {
  const { database } = await carriedOut(server());
  const owner = await database.connect();
  await owner.query(
    `INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona, status)
       VALUES (40, 2, 'done', 'L8', 'completed'), (NULL, 9, 'of no phase', 'L8', NULL)`,
  );
  await owner.query(
    `INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment)
       SELECT 'enum', '{}', '{WF1}', '{1}', 'an impact', risk FROM unnest('{critical,other,medium,low}'::text[]) AS risk`,
  );
  // A phase without a time stamp of its own has begun with the first of its tasks.
  await owner.query(
    `UPDATE v7_migration_workflow SET completed_at = '2026-11-20 17:30' WHERE phase_number = 40;
     UPDATE v7_subworkflow_tasks SET started_at = '2026-11-02 08:00' WHERE parent_phase = 40 AND task_number = 2;
     UPDATE v7_subworkflow_tasks SET started_at = '2026-11-03 08:00' WHERE parent_phase = 40 AND task_number = 1`,
  );
  progress = await withConnection(connectionOf(database), readProgress);
});

describe("the progress", () => {
  it("has what the directive's tables contain", () => {
    expect(progress).toEqual({
      now: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
      // dashboard.test.ts compares them with the view's.
      dashboard: expect.any(Array) as unknown,
      phases: [
        {
          number: 4,
          name: "Database Phase",
          status: "not_started",
          lead: expect.any(String) as string,
          tasks: 7,
          completedTasks: 0,
          startedAt: null,
          completedAt: null,
        },
        {
          number: 40,
          name: "Database",
          status: "not_started",
          lead: "L8",
          tasks: 2,
          completedTasks: 1,
          startedAt: "2026-11-02T08:00:00Z",
          completedAt: "2026-11-20T17:30:00Z",
        },
        {
          number: 50,
          name: "Files",
          status: "not_started",
          lead: "L2",
          tasks: 0,
          completedTasks: 0,
          startedAt: null,
          completedAt: null,
        },
      ],
      tasks: expect.arrayContaining([
        { phase: 40, number: 2, name: "done", persona: "L8", status: "completed" },
        { phase: null, number: 9, name: "of no phase", persona: "L8", status: null },
      ]) as unknown,
      files: [{ value: "pending_assessment", count: 2 }],
      enums: [{ value: "proposed", count: 2 }],
      impacts: [
        { value: "critical", count: 1 },
        { value: "medium", count: 1 },
        { value: "low", count: 2 },
        { value: "other", count: 1 },
      ],
      tests: [{ value: "pass", count: 1 }],
    });
    expect(progress?.tasks).toHaveLength(10);
  });

  it("does not exist when the directive is not applied", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    expect(await withConnection(connectionOf(database), readProgress)).toBeUndefined();
  });
});

describe("watch", () => {
  it("shows its output again until Ctrl-C, and ends with 0", async () => {
    const code = `require("ts-node/register/transpile-only");
      const { watch } = require(${JSON.stringify(join(ROOT, "cli", "watch"))});
      let n = 0;
      watch(async () => process.stdout.write("shown " + ++n + "\\n"), 20).then(() => process.stdout.write("ended\\n"));`;
    const child = spawn(process.execPath, ["-e", code], { cwd: ROOT });
    let out = "";
    let isStopped = false;
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString();
      // A second signal, after the first was heeded, would be the last.
      if (!isStopped && out.includes("shown 3\n")) {
        isStopped = true;
        child.kill("SIGINT");
      }
    });
    const ended = await new Promise((resolve) =>
      child.on("close", (status, signal) => {
        resolve({ status, signal });
      }),
    );
    expect(ended).toEqual({ status: 0, signal: null });
    expect(out).toMatch(/^shown 1\nshown 2\nshown 3\n[^]*ended\n$/);
  });
});
