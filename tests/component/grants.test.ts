import { inputsOf, one, runProgram, type ProgramRun } from "../support/program";
import { GRANT_NAMES } from "./expected";

const WORKFLOW_WORK = [
  "phase_number",
  "phase_name",
  "status",
  "lead_persona",
  "started_at",
  "completed_at",
  "deliverables",
  "blockers",
  "updated_at",
];
const WORKFLOW_APPROVAL = ["approval_status", "approved_by", "approval_notes"];

describe("the program", () => {
  let run: ProgramRun;
  beforeAll(async () => {
    run = await runProgram();
  });

  it("grants USAGE on a schema without naming an object", () => {
    expect(inputsOf(run, "grants-v7_reader-public")).toEqual({
      database: "postgres",
      role: "v7_reader",
      objectType: "schema",
      schema: "public",
      privileges: ["USAGE"],
    });
  });

  it("grants a reader SELECT on each table by a separate grant", () => {
    expect(inputsOf(run, "grants-v7_reader-public.v7_migration_dashboard")).toEqual({
      database: "postgres",
      role: "v7_reader",
      objectType: "table",
      schema: "public",
      objects: ["v7_migration_dashboard"],
      privileges: ["SELECT"],
    });
  });

  it("grants an agent INSERT, SELECT and UPDATE on a task table, and nothing else", () => {
    expect(inputsOf(run, "grants-v7_agent-public.v7_subworkflow_tasks")).toEqual({
      database: "postgres",
      role: "v7_agent",
      objectType: "table",
      schema: "public",
      objects: ["v7_subworkflow_tasks"],
      privileges: ["INSERT", "SELECT", "UPDATE"],
    });
  });

  it.each([
    ["v7_agent", "insert", WORKFLOW_WORK],
    ["v7_agent", "update", WORKFLOW_WORK],
    ["v7_architect", "insert", [...WORKFLOW_WORK, ...WORKFLOW_APPROVAL]],
    ["v7_architect", "update", [...WORKFLOW_WORK, ...WORKFLOW_APPROVAL]],
  ])("lets %s %s only its columns of the workflow table", (role, verb, columns) => {
    expect(inputsOf(run, `grants-${role}-public.v7_migration_workflow-${verb}`)).toEqual({
      database: "postgres",
      role,
      objectType: "column",
      schema: "public",
      objects: ["v7_migration_workflow"],
      columns,
      privileges: [verb.toUpperCase()],
    });
  });

  it("makes the grants on one object one after the other", () => {
    const byObject = new Map<string, string[]>();
    for (const name of GRANT_NAMES.map((grant) => `grants-${grant}`)) {
      const { schema, objects = [] } = inputsOf(run, name) as {
        schema: string;
        objects?: string[];
      };
      const object = [schema, ...objects].join(".");
      byObject.set(object, [...(byObject.get(object) ?? []), name]);
    }
    for (const names of byObject.values()) {
      const predecessors = names.map((name) =>
        one(run.registrations, name).dependsOn.filter((other) => other.startsWith("grants-")),
      );
      // A chain: one has no predecessor, every other has one of its own.
      expect(predecessors.filter((list) => list.length === 0)).toHaveLength(1);
      expect(new Set(predecessors.flat()).size).toBe(names.length - 1);
      expect(predecessors.flat().every((name) => names.includes(name))).toBe(true);
    }
    expect(byObject.size).toBe(10);
  });

  it("makes each grant depend on its own role and on the migration", () => {
    for (const name of GRANT_NAMES.map((grant) => `grants-${grant}`)) {
      const { role } = inputsOf(run, name) as { role: string };
      const others = one(run.registrations, name).dependsOn.filter(
        (other) => !other.startsWith("grants-"),
      );
      expect(others).toEqual(expect.arrayContaining([`roles-${role}`, "directive"]));
      expect(others.filter((other) => other.startsWith("roles-"))).toHaveLength(1);
    }
  });

  it("puts every grant below the component that has the stack's provider", () => {
    const parents = GRANT_NAMES.map((name) => one(run.registrations, `grants-${name}`).parent);
    expect(new Set(parents)).toEqual(new Set(["grants"]));
  });
});
