import { loadDirectives, type Directives } from "../../../runner/directive/directive";
import type { HistoryRow } from "../../../runner/model";
import { makePacket } from "../../../runner/packet";
import { packetPage } from "../../../runner/packet/page";
import { faultOf } from "../../support/faults";
import {
  changedDocuments,
  otherPlan,
  packetHtml,
  packetInput,
  packetMarkdown,
  rollbackPlan,
  samplePacket,
  samplePlan,
  sampleRehearsal,
} from "../../support/packet";
import { SQL_FOLDER } from "../../support/sqlFolder";

let directives: Directives;
beforeAll(async () => {
  directives = await loadDirectives(SQL_FOLDER, []);
});

describe("the verdict of a packet", () => {
  const obstacles = [{ found: "no table", remedy: "Create it" }];
  const differences = ["column public.a.b: found text, expected integer"];

  it("is good if the rehearsal left the expected objects", async () => {
    const { verdict } = await samplePacket({ rehearsal: sampleRehearsal(directives) });
    expect(verdict).toEqual({
      tone: "good",
      headline: "Rehearsed, as expected",
      sentence: "It ran on a copy in 63 ms and left what the repository expects.",
    });
  });

  it("says that the plan was not rehearsed", async () => {
    expect((await samplePacket()).verdict).toMatchObject({
      tone: "caution",
      headline: "Not rehearsed",
    });
  });

  it("says why the rehearsal failed, in one line", async () => {
    const found = "the rehearsal was stopped: it took longer than 900 s";
    const rehearsalFailure = `REHEARSAL_FAILED: ${found}\nits second line`;
    const packet = await samplePacket({ rehearsalFailure });
    expect(packet.verdict).toMatchObject({ tone: "bad", headline: "Rehearsal failed" });
    expect(packet.risks[0]?.text).toBe(`The rehearsal failed. REHEARSAL_FAILED: ${found}`);
    for (const rendering of [packetMarkdown(packet), packetHtml(packet)]) {
      expect(rendering).toContain("it took longer than 900 s");
      expect(rendering).not.toContain("its second line");
      expect(rendering).not.toContain("Nobody has run this plan");
    }
  });

  it("is bad if the rehearsal left other objects", async () => {
    const { verdict, risks } = await samplePacket({
      rehearsal: sampleRehearsal(directives, { differences }),
    });
    expect(verdict).toMatchObject({ tone: "bad", headline: "Rehearsed, not as expected" });
    expect(risks[0]).toEqual({
      tone: "bad",
      text: `Not as expected after the rehearsal: ${differences[0] ?? ""}`,
    });
  });

  it("says that the plan cannot run if there is an obstacle, even after a rehearsal", async () => {
    const prepared = { ...samplePlan(directives), obstacles };
    const rehearsal = sampleRehearsal(directives, { differences });
    expect((await samplePacket({ prepared, rehearsal })).verdict).toMatchObject({
      tone: "bad",
      headline: "Cannot run",
    });
  });

  it("does not say so of an obstacle that may pass, and shows it", async () => {
    const passing = [{ found: "a long transaction", remedy: "Wait for it", isPassing: true }];
    const packet = await samplePacket({
      prepared: { ...samplePlan(directives), obstacles: passing },
    });
    expect(packet.verdict.headline).toBe("Not rehearsed");
    expect(packetMarkdown(packet)).toContain("Obstacles that need not stop the run");
  });

  it("says that a plan of its action cannot be rehearsed", async () => {
    const prepared = otherPlan(directives, "restore");
    const packet = await samplePacket({ prepared, rehearseCommand: undefined });
    expect(packet.verdict.sentence).toBe("A plan of this action cannot be rehearsed.");
    expect(packetMarkdown(packet)).not.toContain("v7 rehearse");
  });

  it("says first that the SQL is not the directive's text", async () => {
    const prepared = { ...samplePlan(directives), obstacles };
    const packet = await samplePacket({ prepared, documents: await changedDocuments() });
    expect(packet.verdict).toMatchObject({ tone: "bad", headline: "Not the directive's text" });
    const different = packet.steps.flatMap(({ id, kind, statements }) =>
      kind === "section" && statements.some(({ isIdentical }) => !isIdentical) ? [id] : [],
    );
    expect(different).toEqual(["section_6"]);
  });
});

describe("the steps of a packet", () => {
  it("compare every statement of a section with the document's, in the order in which they run", async () => {
    const { steps } = await samplePacket();
    expect(steps.map(({ id }) => id)).toEqual([...directives.steps.map(({ id }) => id), "access"]);
    const sections = steps
      .filter(({ kind }) => kind === "section")
      .flatMap(({ statements }) => statements);
    expect(sections).toHaveLength(13);
    expect(
      sections.every(({ isIdentical, document, sql }) => isIdentical && document === sql),
    ).toBe(true);
  });

  it("include the applied steps, with the plan under which they ran", async () => {
    const pending = directives.steps.slice(1);
    const row = {
      action: "apply",
      directive: "ad_005",
      stepId: "v7_control",
      planDigest: "9".repeat(64),
      recordedAt: new Date("2026-01-02T03:04:05Z"),
      details: { state: "begun" },
    } as unknown as HistoryRow;
    const prepared = { ...samplePlan(directives), pending, history: [row] };
    const { steps } = await samplePacket({ prepared });
    expect(steps[0]).toMatchObject({
      id: "v7_control",
      state: "applied",
      since: { at: "2026-01-02T03:04:05.000Z", planDigest: "9".repeat(64) },
      note: "Approved and begun under that plan, and not finished: the next run finishes it.",
    });
    expect(new Set(steps.slice(1).map(({ state }) => state))).toEqual(new Set(["runs"]));
  });

  it("name the row into which the run writes its approvers", async () => {
    const { steps } = await samplePacket();
    const told = steps.flatMap(({ id, note }) => (note === undefined ? [] : [`${id}: ${note}`]));
    expect(told).toEqual([
      "phase_4: The run writes who approved it into the row that this makes in public.v7_migration_workflow.",
    ]);
  });

  it("have the times of the rehearsal", async () => {
    const { steps } = await samplePacket({ rehearsal: sampleRehearsal(directives) });
    const times = steps.flatMap(({ statements }) => statements.map(({ durationMs }) => durationMs));
    expect(times.filter((time) => time === undefined)).toEqual([]);
    expect(times.length).toBeGreaterThan(13);
  });

  it("are the inverses in a rollback, and the packet lists the archived tables", async () => {
    const packet = await samplePacket({ prepared: rollbackPlan(directives) });
    const section = packet.steps.find(({ id }) => id === "section_2");
    expect(section).toMatchObject({ file: "rollback/section_2.sql", state: "runs" });
    expect(section?.statements.map(({ firstLine }) => firstLine)).toEqual([
      "ALTER TABLE file_audit",
    ]);
    expect(packet.archived).toHaveLength(6);
    expect(packet.archived.at(-1)).toMatch(
      /^of public.file_audit the rows .*v7_workflow_status, .*v7_retirement_date$/,
    );
    expect(packet.findings).toEqual([]);
  });

  it("say why a rollback skips a step: it has no inverse, or the database is protected", async () => {
    const prepared = rollbackPlan(directives);
    const notes = async (isProtected: boolean): Promise<[string, string][]> => {
      const { steps } = await samplePacket({ prepared: { ...prepared, isProtected } });
      return steps.flatMap(({ id, note, statements }): [string, string][] =>
        note === undefined ? [] : [[`${id} ${String(statements.length)}`, note]],
      );
    };
    const nothing = "Nothing runs for it: what it did goes with the objects.";
    const stays =
      "Its inverse does not run: on a protected database the history stays, and records the rollback.";
    expect(await notes(false)).toEqual([["lockdown 0", nothing]]);
    expect(await notes(true)).toEqual([
      ["lockdown 0", nothing],
      ["v7_control 0", stays],
    ]);
    const { picture } = await samplePacket({ prepared });
    expect(picture.tables.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      "table public.v7_migration_workflow",
      "altered public.file_audit",
      "table public.v7_enum_migrations",
      "table public.v7_global_impacts",
      "table public.v7_subworkflow_tasks",
      "table public.v7_test_results",
      "view public.v7_migration_dashboard",
    ]);
  });

  it.each(["repair", "adopt", "restore", "trust"] as const)(
    "are the planner's own lines in the action %s",
    async (action) => {
      const { steps } = await samplePacket({ prepared: otherPlan(directives, action) });
      expect(steps).toEqual([
        {
          directive: "all",
          id: "signers",
          kind: action,
          sha256: "5".repeat(64),
          title: "Names bob beside alice",
          reason: "",
          file: "",
          state: "runs",
          statements: [],
        },
      ]);
    },
  );
});

describe("the packet of a change of the signers", () => {
  it("is titled so, and has no rehearsal, access, tables and findings", async () => {
    const packet = await samplePacket({ prepared: otherPlan(directives, "trust") });
    expect(packet.verdict.headline).toBe("Changes who may sign");
    const { title, sections } = packetPage(packet);
    expect(title).toBe("Change who may sign on prod");
    expect(sections.map(({ id }) => id)).toEqual(["effects", "risks", "sign", "run", "digests"]);
    expect(packet).toMatchObject({ risks: [], findings: [], picture: { tables: [] } });
  });
});

describe("a packet", () => {
  it("is refused for a plan with nothing to run", async () => {
    const { plan, digest, ...nothing } = samplePlan(directives);
    expect([plan, digest]).not.toContain(undefined);
    const input = await packetInput(nothing, directives);
    expect((await faultOf(() => makePacket(input))).code).toBe("COMMAND_INVALID");
  });

  it("names the amendment that answers each finding", async () => {
    const { findings } = await samplePacket();
    expect(findings[0]?.answers).toEqual([{ amendment: "phase_number_unique", state: "runs" }]);
  });

  it("offers the optional amendments that were not chosen", async () => {
    const [control, ...others] = directives.steps;
    const { offered } = await samplePacket({ directives: { ...directives, steps: others } });
    expect(offered.map(({ id }) => id)).toContain(control?.id);
  });

  it("shows which access is gained, lost and unchanged", async () => {
    const one = { role: "anon", object: "public.a" };
    const rehearsal = sampleRehearsal(directives, {
      accessBefore: [
        { ...one, privileges: ["SELECT", "INSERT"] },
        { ...one, object: "public.b", privileges: ["SELECT"] },
      ],
      accessAfter: [
        { ...one, privileges: ["INSERT", "SELECT"] },
        { ...one, object: "public.c", privileges: ["SELECT"] },
      ],
    });
    const { access } = await samplePacket({ rehearsal });
    expect(
      access.map(({ object, before, after, isChanged }) => [object, before, after, isChanged]),
    ).toEqual([
      ["public.a", ["SELECT", "INSERT"], ["INSERT", "SELECT"], false],
      ["public.b", ["SELECT"], [], true],
      ["public.c", [], ["SELECT"], true],
    ]);
  });

  it("warns of access that everybody gains, and of access that everybody has already", async () => {
    const open = (role: string, ...privileges: string[]) => ({
      role,
      object: "public.a",
      privileges,
    });
    const before = [open("anon", "SELECT"), open("authenticated", "SELECT"), open("v7_reader")];
    const after = [...before, { ...open("PUBLIC", "INSERT"), object: "public.b" }];
    const { risks } = await samplePacket({
      rehearsal: sampleRehearsal(directives, {
        accessBefore: before,
        accessAfter: after,
        omitted: [],
      }),
    });
    expect(risks.map(({ tone, text }) => `${tone}: ${text}`)).toEqual([
      "bad: PUBLIC gains INSERT on public.b.",
      "caution: Table public.file_audit is read whole: 12,840 rows.",
      "caution: As before, and whatever the plan adds there, anon, authenticated can do: SELECT on public.a.",
    ]);
  });

  it("warns of waits, of rewritten tables and of unknown facts", async () => {
    const base = sampleRehearsal(directives);
    const prepared = samplePlan(directives);
    const plan = { ...prepared.plan, target: { ...prepared.plan?.target, systemIdentifier: null } };
    const { risks } = await samplePacket({
      prepared: {
        ...prepared,
        isProtected: false,
        plan: plan as NonNullable<typeof prepared.plan>,
      },
      rehearsal: {
        ...base,
        targetVersion: "17.4",
        statements: base.statements.map((one) => ({
          ...one,
          scans: [],
          rewrites: one.stepId === "section_2" ? ["public.file_audit"] : [],
        })),
        locks: base.locks.map((lock) => ({ ...lock, heldMs: 83_000 })),
        tables: [{ name: "public.file_audit", targetRows: 2_000_000, rehearsedRows: 10_000 }],
      },
    });
    expect(risks.map(({ tone, text }) => `${tone}: ${text}`)).toEqual([
      "bad: Table public.file_audit is written anew, whole, under a lock.",
      "caution: Readers and writers of public.file_audit wait for 1 min 23 s (ACCESS EXCLUSIVE).",
      "caution: Table public.file_audit had 10,000 rows in the rehearsal and has about 2,000,000: it will take longer.",
      "caution: As before, and whatever the plan adds there, authenticated can do: SELECT on public.file_audit.",
      "caution: Rehearsed on PostgreSQL 17.10; the target has 17.4.",
      "caution: Not rebuilt for the rehearsal: extension pg_graphql, which this server has not",
      "caution: The cluster's own number could not be read with this login: the address alone says which server it is.",
      "caution: The database says that it is unprotected: it may be changed without a signature.",
    ]);
  });
});
