import { definedObjects } from "../../runner/catalog/definedObjects";
import { loadDirectives, type Directives } from "../../runner/directive/directive";
import type { Plan, PlanAction } from "../../runner/model";
import { makePacket } from "../../runner/packet";
import { readDirectiveDocuments, type DirectiveDocument } from "../../runner/packet/document";
import { readFindings } from "../../runner/packet/facts/findings";
import type { Packet, PacketInput } from "../../runner/packet/model";
import { packetPage } from "../../runner/packet/page";
import { readTrees } from "../../runner/packet/trees";
import { pageHtml } from "../../runner/pages/html/page";
import { pageMarkdown } from "../../runner/pages/markdown/page";
import { planDigest, plannedStep, type PreparedPlan } from "../../runner/plan/plan";
import type { Rehearsal } from "../../runner/rehearsal/model";
import { NO_OBJECTS } from "./noObjects";
import { ROOT } from "./repository";
import { SQL_FOLDER } from "./sqlFolder";

/** The input of a packet of this plan, with the repository's own directives, documents and findings. */
export async function packetInput(
  prepared: PreparedPlan,
  directives: Directives,
  changes: Partial<PacketInput> = {},
): Promise<PacketInput> {
  return {
    prepared,
    directives,
    trees: await readTrees(directives.allSteps),
    documents: await readDirectiveDocuments(ROOT, directives.names),
    findings: new Map(directives.names.map((name) => [name, readFindings(SQL_FOLDER, name)])),
    rehearseCommand: "npx v7 rehearse --stack prod --action apply",
    planFile: ".v7/plans/prod-0123456789abcdef.json",
    program: { version: "0.1.0", sha256: "9".repeat(64) },
    madeAt: new Date("2026-11-24T06:40:00Z"),
    ...changes,
  };
}

/** A plan that applies every required step to a protected database that has none of them. */
export function samplePlan({ steps, access }: Directives): PreparedPlan {
  const accessStep = { directive: "all", id: "access", kind: "access", sha256: access.sha256 };
  const plan: Plan = {
    kind: "v7-plan",
    version: 1,
    action: "apply",
    project: "v7",
    stack: "prod",
    target: {
      host: "db.example.org",
      port: 5432,
      database: "postgres",
      systemIdentifier: "7412345678901234567",
      databaseOid: "16384",
    },
    steps: [...steps.map(plannedStep), accessStep],
    access: access.sha256,
    manifests: "e".repeat(64),
    base: { historyHead: null, fingerprint: "b".repeat(64) },
  };
  const prepared = {
    plan,
    digest: planDigest(plan),
    pending: steps,
    isAccessPending: true,
    isProtected: true,
    obstacles: [],
    unfinished: [],
    manifestsUpTo: [],
    history: [],
    objects: NO_OBJECTS,
    owner: "postgres",
    snapshot: {},
    notCompared: [],
    titles: new Map([["all/access", "The access matrix"]]),
  };
  return prepared;
}

export function packetHtml(packet: Packet): string {
  return pageHtml(packetPage(packet));
}

export function packetMarkdown(packet: Packet): string {
  return pageMarkdown(packetPage(packet));
}

/** A packet of the sample plan. */
export async function samplePacket(changes: Partial<PacketInput> = {}): Promise<Packet> {
  const directives = changes.directives ?? (await loadDirectives(SQL_FOLDER, []));
  return makePacket(await packetInput(samplePlan(directives), directives, changes));
}

/** A made-up result of a rehearsal of these steps, in which every part of a packet has something to show. */
export function sampleRehearsal(
  { steps }: Pick<Directives, "steps">,
  changes: Partial<Rehearsal> = {},
): Rehearsal {
  const statements = steps.flatMap((step) =>
    step.statements.map((statement, index) => ({
      directive: step.directive,
      stepId: step.id,
      number: index + 1,
      firstLine: `${statement.locked?.tag ?? ""} of ${step.id}`,
      durationMs: 0.8 + statement.bytes.length / 400,
      locks: step.id === "section_2" ? ["ACCESS EXCLUSIVE on public.file_audit"] : [],
      rewrites: [],
      scans:
        step.id === "section_7" && index === 1
          ? [{ table: "public.file_audit", rows: 12_840 }]
          : [],
    })),
  );
  return {
    serverVersion: "17.10",
    targetVersion: "17.10",
    statements,
    locks: [
      {
        relation: "public.file_audit",
        mode: "ACCESS EXCLUSIVE",
        takenBy: "section_2",
        heldMs: 41.3,
        blocksReads: true,
        blocksWrites: true,
      },
    ],
    tables: [{ name: "public.file_audit", targetRows: 12_840, rehearsedRows: 12_840 }],
    transactionMs: 63.2,
    fingerprint: "f".repeat(64),
    differences: [],
    accessBefore: [
      { role: "authenticated", object: "public.file_audit", privileges: ["SELECT"] },
      { role: "anon", object: "schema public", privileges: ["USAGE"] },
    ],
    accessAfter: [
      { role: "authenticated", object: "public.file_audit", privileges: ["SELECT"] },
      { role: "anon", object: "schema public", privileges: ["USAGE"] },
      { role: "v7_reader", object: "public.v7_migration_workflow", privileges: ["SELECT"] },
      {
        role: "v7_agent",
        object: "public.v7_migration_workflow",
        privileges: [
          "SELECT",
          "INSERT (phase_number, phase_name, status, lead_persona, started_at, completed_at, deliverables, blockers, updated_at)",
        ],
      },
      { role: "v7_architect", object: "public.v7_global_impacts", privileges: ["SELECT"] },
    ],
    omitted: ["extension pg_graphql, which this server has not"],
    ...changes,
  };
}

/** A plan of an action with steps that are in no manifest: the planner gives their titles. */
export function otherPlan(directives: Directives, action: PlanAction): PreparedPlan {
  const prepared = samplePlan(directives);
  const plan: Plan = {
    ...(prepared.plan as Plan),
    action,
    steps: [{ directive: "all", id: "signers", kind: action, sha256: "5".repeat(64) }],
  };
  return {
    ...prepared,
    plan,
    digest: planDigest(plan),
    pending: [],
    titles: new Map([["all/signers", "Names bob beside alice"]]),
  };
}

/** A plan that rolls back every applied step. */
export function rollbackPlan(directives: Directives): PreparedPlan {
  const prepared = samplePlan(directives);
  const pending = [...directives.steps].reverse();
  const plan: Plan = {
    ...(prepared.plan as Plan),
    action: "rollback",
    steps: pending.map((step) => ({
      ...plannedStep(step),
      sha256: step.inverse?.sha256 ?? step.sha256,
    })),
  };
  return {
    ...prepared,
    plan,
    digest: planDigest(plan),
    pending,
    isAccessPending: false,
    objects: definedObjects(directives.steps),
  };
}

/** The repository's document with one column of section 6 changed. */
export async function changedDocuments(): Promise<DirectiveDocument[]> {
  const change = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString().replace("test_type VARCHAR(50)", "test_type VARCHAR(51)"));
  return (await readDirectiveDocuments(ROOT, ["ad_005"])).map((document) => ({
    ...document,
    statements: document.statements.map((one) => ({ ...one, bytes: change(one.bytes) })),
  }));
}
