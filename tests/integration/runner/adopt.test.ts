import type { Client } from "pg";
import { adoptDirectives } from "../../../runner/actions/adopt";
import { applyDirective } from "../../../runner/actions/apply";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { takeSnapshot } from "../../../runner/catalog/snapshot";
import { readHistory } from "../../../runner/history/history";
import type { Step } from "../../../runner/model";
import { asRunner } from "../../support/asRunner";
import { executeEach } from "../../support/byHand";
import { applied, applyRequest, type TestRequest } from "../../support/directive";
import { faultOf } from "../../support/faults";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";

/** The steps that change privileges and rows only. */
const LEFT = ["lockdown", "phase_4", "enum_inventory"];

const SECTIONS = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `section_${String(number)}`);

describe.each(MAJORS)("adopting what was made by hand on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);

  /** Article 3 as somebody would paste it into psql, with the constraint that section 5 needs. */
  const byHand = async (database: TestDatabase, steps: readonly Step[]): Promise<void> => {
    const client = await database.connect();
    await executeEach(
      client,
      steps.filter(({ id }) => /^(section_\d|phase_number_unique)$/.test(id)),
    );
    await client.query(
      "INSERT INTO v7_migration_workflow (phase_number, phase_name, lead_persona) VALUES (1, 'One', 'theirs')",
    );
  };

  it("records the steps, changes no object, and leaves the rest to the next apply", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database);
    await byHand(database, request.steps);
    const client = await database.connect();
    const objects = definedObjects(request.steps.filter(({ id }) => id !== "v7_control"));
    const before = await asRunner(client, (client) => takeSnapshot(client, objects, "postgres"));
    await expect(applyDirective(request)).rejects.toThrow(/there already.*npx v7 adopt/s);
    const result = await adoptDirectives(request);
    expect(result.adopted).toStrictEqual(
      request.steps.map(({ id }) => id).filter((id) => /^section|^phase_number/.test(id)),
    );
    expect(result.left).toStrictEqual(LEFT);
    expect(
      await asRunner(client, (client) => takeSnapshot(client, objects, "postgres")),
    ).toStrictEqual(before);
    const history = await readHistory(client);
    expect(history.map(({ action }) => action)).toStrictEqual([
      "apply",
      ...[...SECTIONS, "phase_number_unique"].map(() => "adopt"),
    ]);
    const { executed } = await applyDirective(request);
    expect(executed.map(({ step }) => step.id)).toStrictEqual(result.left);
    const { rows } = await client.query(
      "SELECT lead_persona FROM v7_migration_workflow ORDER BY 1",
    );
    expect(rows).toHaveLength(2);
  });

  it("does nothing when the history has every step", async () => {
    const { request } = await applied(server());
    expect(await adoptDirectives(request)).toMatchObject({ adopted: [], left: [] });
  });

  it.each([
    [
      "a type",
      "ALTER TABLE v7_test_results ALTER notes TYPE varchar(10)",
      /column public\.v7_test_results\.notes \(type: text -> character varying\(10\)\)/,
    ],
    [
      "a missing index",
      "DROP INDEX idx_test_results_status",
      /missing: index public\.idx_test_results_status/,
    ],
    [
      "a missing column",
      "ALTER TABLE file_audit DROP v7_impact_score",
      /missing: column public\.file_audit\.v7_impact_score/,
    ],
    [
      "one more column",
      "ALTER TABLE v7_test_results ADD extra text",
      /unexpected: column public\.v7_test_results\.extra/,
    ],
    [
      "the view's options",
      "ALTER VIEW v7_migration_dashboard SET (security_invoker = on)",
      /view public\.v7_migration_dashboard \(options/,
    ],
  ])(
    "is refused when %s differs, with its name, and records nothing",
    async (_what, sql, message) => {
      const database = await server().createDatabase({ shape: "supabase" });
      const request = await applyRequest(database);
      await byHand(database, request.steps);
      const client = await database.connect();
      await client.query(sql);
      const fault = await faultOf(() => adoptDirectives(request));
      expect([fault.code, fault.message]).toStrictEqual([
        "ADOPT_REFUSED",
        expect.stringMatching(message),
      ]);
      expect(await readHistory(client)).toStrictEqual([]);
    },
  );

  it("skips an optional amendment that was not made, and adopts one that was", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const request = await applyRequest(database, undefined, [
      "dashboard_by_phase",
      "concurrent_indexes",
    ]);
    await byHand(database, request.steps);
    const client = await database.connect();
    const view = request.steps.find(({ id }) => id === "dashboard_by_phase");
    await client.query(view?.bytes.toString("utf8") ?? "");
    const { adopted, left } = await adoptDirectives(request);
    expect(adopted).toContain("dashboard_by_phase");
    expect(left).toContain("concurrent_indexes");
  });

  describe("with a later directive that creates a table and drops a column,", () => {
    const APPLICATION = "CREATE TABLE app_person (id int PRIMARY KEY, nick text);\n";
    let folder: string;

    beforeAll(async () => {
      folder = await laterDirective(APPLICATION, [
        { sql: "CREATE TABLE v7_person (id int PRIMARY KEY)", inverse: "DROP TABLE v7_person" },
        { sql: "ALTER TABLE app_person DROP COLUMN nick" },
      ]);
      await lockLater(folder, major);
    });

    const open = async (): Promise<{ request: TestRequest; client: Client }> => {
      const database = await server().createDatabase({ shape: "supabase" });
      const client = await database.connect();
      await client.query(APPLICATION);
      const request = await applyRequest(database, folder);
      await byHand(
        database,
        request.steps.filter(({ directive }) => directive === "ad_005"),
      );
      return { request, client };
    };

    it("adopts only the first directive when the later one was not executed", async () => {
      const { request } = await open();
      const { adopted, left } = await adoptDirectives(request);
      expect(adopted).toContain("section_8");
      expect(left).toStrictEqual([...LEFT, "section_1", "section_2"]);
      const { executed } = await applyDirective(request);
      expect(executed.map(({ step }) => step.id)).toStrictEqual(left);
    });

    it("adopts both directives when both were executed", async () => {
      const { request, client } = await open();
      const later = request.steps.filter(({ directive }) => directive === "ad_006");
      await executeEach(client, later);
      const { adopted, left } = await adoptDirectives(request);
      expect(adopted.slice(-2)).toStrictEqual(["section_1", "section_2"]);
      expect(left).toStrictEqual(LEFT);
      const { executed } = await applyDirective(request);
      expect(executed.map(({ step }) => step.id)).toStrictEqual(LEFT);
    });

    it("refuses the later directive while the column that it drops exists", async () => {
      const { request, client } = await open();
      await adoptDirectives(request);
      await client.query("CREATE TABLE v7_person (id int PRIMARY KEY)");
      await expect(adoptDirectives(request)).rejects.toThrow(
        /^ADOPT_REFUSED[^]*found 1 difference,[^]*unexpected: column public\.app_person\.nick/,
      );
    });
  });
});
