import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { rollbackDirective } from "../../../runner/actions/rollback";
import { formatDifference } from "../../../runner/catalog/compare";
import { readLock } from "../../../runner/directive/readLock";
import { findDrift, type Finding } from "../../../runner/drift/findDrift";
import { rehearse } from "../../../runner/rehearsal/rehearse";
import { asRunner } from "../../support/asRunner";
import { applyRequest, planned, SQL_FOLDER, type TestRequest } from "../../support/directive";
import { carriedOut, driftOf, repairStatements } from "../../support/drift";
import { laterDirective, lockLater } from "../../support/laterDirective";
import { MAJORS } from "../../support/majors";
import { serverOfFile, type TestDatabase } from "../../support/postgres";
import { removeCopies } from "../../support/sqlFolder";
import { APPLICATION, ROWS } from "./rows";

describe.each(MAJORS)("a later directive on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major }, removeCopies);
  let folder: string;
  let database: TestDatabase;
  let request: TestRequest;
  let client: Client;

  beforeAll(async () => {
    folder = await laterDirective(APPLICATION, ROWS);
    await lockLater(folder, major);
    ({ database } = await carriedOut(server(), SQL_FOLDER, APPLICATION));
    client = await database.connect();
    request = await applyRequest(database, folder);
  });

  it("is locked with a proved inverse for each step", () => {
    const { steps } = readLock(folder, "ad_006");
    expect(steps.map(({ step, inverse }) => [step, inverse.proof])).toStrictEqual(
      ROWS.map((_, index) => [`section_${String(index + 1)}`, "proved"]),
    );
  });

  it("is planned without an obstacle", async () => {
    const prepared = await planned(request);
    expect(prepared.obstacles).toStrictEqual([]);
    expect(prepared.pending).toHaveLength(ROWS.length);
  });

  it("is rehearsed without a difference", async () => {
    const rehearsal = await rehearse(request);
    expect(rehearsal?.differences).toStrictEqual([]);
  });

  it("is applied, and shows no drift", async () => {
    const { executed } = await applyDirective(request);
    expect(executed).toHaveLength(ROWS.length);
    expect(await driftOf(client, request)).toStrictEqual([]);
  });

  /** Runs the repair. @returns `mended`, or what still differs */
  const mend = async (found: readonly Finding[]): Promise<string> => {
    for (const statement of repairStatements(found)) {
      await client.query(statement);
    }
    return (await driftOf(client, request)).join("; ") || "mended";
  };

  it.each(ROWS.map((row) => [row.what, row] as const))(
    "is checked for drift, which is repaired or left to a person: %s",
    async (_, row) => {
      await client.query("BEGIN");
      try {
        await client.query(row.mutation);
        const { findings } = await asRunner(client, (one) => findDrift(one, request));
        expect(findings.map(({ kind, object }) => `${kind}: ${object}`)).toContain(
          `${row.drift ?? "changed"}: ${row.object}`,
        );
        const left = findings.filter(({ repair }) => repair.how === "manual");
        expect(left.map(({ repair }) => repair.note)).not.toContain(undefined);
        const outcome = left.length > 0 ? "shown" : await mend(findings);
        expect(outcome).toBe(row.repair ?? "mended");
      } finally {
        await client.query("ROLLBACK");
      }
    },
  );

  it("is rehearsed for a rollback without a difference", async () => {
    const rehearsal = await rehearse({ ...request, action: "rollback" });
    expect(rehearsal?.differences).toStrictEqual([]);
  });

  it("is rolled back to the directive before it, and applied again", async () => {
    const { undone } = await rollbackDirective({ ...request, to: "ad_005" });
    expect(undone).toHaveLength(ROWS.length);
    const { findings, pending } = await asRunner(client, (one) => findDrift(one, request));
    expect(findings.map(formatDifference)).toStrictEqual([]);
    expect(pending).toHaveLength(ROWS.length);
    const { executed } = await applyDirective(request);
    expect(executed).toHaveLength(ROWS.length);
  });

  it("is rolled back with all directives before it, and applied again", async () => {
    const { undone } = await rollbackDirective(request);
    expect(undone.filter((id) => id.startsWith("section_")).length).toBeGreaterThan(ROWS.length);
    const { executed } = await applyDirective(request);
    expect(executed.length).toBeGreaterThan(ROWS.length);
  });
});
