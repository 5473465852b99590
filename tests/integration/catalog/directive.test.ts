import { changeBetween } from "../../../runner/catalog/change";
import { describeCatalog } from "../../../runner/catalog/describe";
import { applyChange, sumChanges, takesBack } from "../../../runner/catalog/sum";
import { executeInverses, executeStep } from "../../../runner/execute/executeStep";
import type { CatalogChange, Step } from "../../../runner/model";
import { withConnection } from "../../../runner/postgres/connection";
import { applyRequest } from "../../support/directive";
import { makeRoles } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { compact } from "./compact";

describe.each(MAJORS)("what ad_005 does on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it("is the sum of what its statements do, and is taken back by its inverses", async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    const { connection, allSteps, access } = await applyRequest(database);
    await makeRoles(await database.connect(), access);
    const inOneTransaction = allSteps.filter(({ kind }) => kind !== "concurrent");
    await withConnection(connection, async (client) => {
      await client.query("BEGIN");
      const before = await describeCatalog(client);
      const changes: CatalogChange[] = [];
      let last = before;
      const onExecuted = async (): Promise<void> => {
        const now = await describeCatalog(client);
        changes.push(changeBetween(last, now));
        last = now;
      };
      for (const step of inOneTransaction) {
        await executeStep(client, step, { onExecuted });
      }
      const after = last;
      const whole = sumChanges(changes);
      expect(whole.added.length).toBeGreaterThan(100);
      expect(compact(changeBetween(applyChange(before, whole), after))).toStrictEqual([]);
      for (const step of inOneTransaction.toReversed().filter(hasInverse)) {
        await executeInverses(client, [step], { onExecuted });
      }
      const back = sumChanges(
        changes.slice(inOneTransaction.flatMap(({ statements }) => statements).length),
      );
      expect(takesBack(whole, back)).toBe(true);
      expect(compact(changeBetween(before, last))).toStrictEqual([]);
      await client.query("ROLLBACK");
    });
  });
});

function hasInverse({ inverse }: Step): boolean {
  return inverse !== undefined;
}
