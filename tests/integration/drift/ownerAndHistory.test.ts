import type { Client } from "pg";
import { adoptDirectives } from "../../../runner/actions/adopt";
import { applyDirective } from "../../../runner/actions/apply";
import { repairDrift } from "../../../runner/actions/repair";
import { formatDifference } from "../../../runner/catalog/compare";
import { findDrift, type Finding } from "../../../runner/drift/findDrift";
import { preparePlan } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest, connectionOf, requestFor, type TestRequest } from "../../support/directive";
import { carriedOut, grantAll, makeRoles } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";

describe.each(MAJORS)("drift on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  const superuserOf = async (database: TestDatabase): Promise<Client> =>
    await database.connect(server().superuser);

  const look = async (request: TestRequest): Promise<readonly Finding[]> =>
    (await withConnection(request.connection, (client) => findDrift(client, request))).findings;

  describe("of the owner", () => {
    /** What `npx v7 drift` and the plan say once everything belongs to that role, and a repair by it. */
    async function expectWayOn(
      request: TestRequest,
      database: TestDatabase,
      now: string,
    ): Promise<void> {
      const [finding, ...others] = await look(request);
      expect(others).toStrictEqual([]);
      expect(finding).toMatchObject({
        object: "owner of the directives' objects",
        details: [`owner: postgres -> ${now}`],
        severity: "critical",
        repair: { how: "plan" },
      });
      const more = {
        ...request,
        ...(await applyRequest(database, undefined, ["updated_at_triggers"])),
        connection: request.connection,
      };
      const plan = async () =>
        await withConnection(more.connection, (client) => preparePlan(client, more));
      expect((await plan()).obstacles.map(({ found }) => found)).toStrictEqual([
        `objects of the directives that all belong to "${now}", where the history says "postgres"`,
      ]);
      expect((await repairDrift(request)).repaired).toStrictEqual([
        `changed: owner of the directives' objects (owner: postgres -> ${now})`,
      ]);
      expect(await look(request)).toStrictEqual([]);
      expect((await plan()).obstacles).toStrictEqual([]);
      expect((await applyDirective(more)).executed.map(({ step }) => step.id)).toStrictEqual([
        "updated_at_triggers",
      ]);
    }

    it("is one finding when the role is renamed, and a repair records the new name", async () => {
      const { database } = await carriedOut(server());
      const admin = await superuserOf(database);
      await admin.query('ALTER ROLE postgres RENAME TO "v7 owner"');
      try {
        const request = await requestFor({ ...connectionOf(database), user: "v7 owner" });
        await expectWayOn(request, database, "v7 owner");
      } finally {
        await admin.query('ALTER ROLE "v7 owner" RENAME TO postgres');
      }
    });

    it("is one finding when everything belongs to another role, and none once it is given back", async () => {
      const { database } = await carriedOut(server());
      const admin = await superuserOf(database);
      await admin.query(
        "CREATE ROLE restorer LOGIN CREATEROLE PASSWORD 'r'; GRANT restorer TO postgres; REASSIGN OWNED BY postgres TO restorer",
      );
      const request = await applyRequest(database);
      const findings = await look(request);
      expect(findings.map(formatDifference)).toStrictEqual([
        "changed: owner of the directives' objects (owner: postgres -> restorer)",
      ]);
      expect(findings[0]?.repair.note).toContain('ALTER ROLE "restorer" RENAME TO "postgres"');
      await admin.query(
        "REASSIGN OWNED BY restorer TO postgres; DROP OWNED BY restorer; DROP ROLE restorer",
      );
      expect(await look(request)).toStrictEqual([]);
    });
  });

  it("is not found between an adoption and the next apply: steps that never ran are pending", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const request = await applyRequest(database);
    const owner = await database.connect();
    for (const { statements } of request.steps.filter(({ id }) =>
      /^section|^phase_number/.test(id),
    )) {
      for (const { bytes } of statements) {
        await owner.query(bytes.toString("utf8"));
      }
    }
    await adoptDirectives(request);
    for (const members of [request.members, undefined]) {
      const drift = await withConnection(request.connection, (client) =>
        findDrift(client, { ...request, members }),
      );
      expect(drift.findings.map(formatDifference)).toStrictEqual([]);
      expect(drift.pending).toStrictEqual([
        "ad_005/lockdown",
        "ad_005/phase_4",
        "ad_005/enum_inventory",
        "all/access",
      ]);
    }
    await makeRoles(owner, request.access);
    await applyDirective(request);
    await grantAll(owner, request.access);
    expect(await look(request)).toStrictEqual([]);
  });

  it("has two findings when the schema v7_control is dropped, which say how to restore it", async () => {
    const { database } = await carriedOut(server());
    await (await superuserOf(database)).query("DROP SCHEMA v7_control CASCADE");
    const request = await applyRequest(database);
    const findings = await look(request);
    expect(findings.map((one) => [formatDifference(one), one.repair.how])).toStrictEqual([
      [
        expect.stringMatching(
          /^missing: history \(v7_control\.history is not there, and objects of section_1, /,
        ),
        "manual",
      ],
      ["missing: schema v7_control", "manual"],
    ]);
    expect(findings.map(({ repair }) => repair.note).join()).toMatch(
      /restore a backup of v7_control.*npx v7 adopt/,
    );
    expect(await repairDrift({ ...request, only: "additive" })).toMatchObject({ repaired: [] });
  });
});
