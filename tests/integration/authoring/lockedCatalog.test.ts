import { changeBetween, isEmptyChange } from "../../../runner/catalog/change";
import { describeCatalog, type DescribedCatalog } from "../../../runner/catalog/describe";
import { applyChange } from "../../../runner/catalog/sum";
import { readLock, readLockedChange } from "../../../runner/directive/readLock";
import { asRunner } from "../../support/asRunner";
import { executeByHand } from "../../support/byHand";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { serverOfFile } from "../../support/postgres";

const LOCK = readLock(SQL_FOLDER, "ad_005");

describe.each([15, 16, 17, 18] as const)("the lock of ad_005 on PostgreSQL %i", (major) => {
  const baseline = { major, defaults: "open" } as const;
  const sum = (before: DescribedCatalog, isWanted: (step: string) => boolean): DescribedCatalog =>
    LOCK.steps
      .filter(({ step }) => isWanted(step))
      .flatMap(({ statements }) => statements.map((one) => readLockedChange(one, baseline)))
      .reduce(applyChange, before);
  const server = serverOfFile({ major });

  it("adds up to the catalog that its steps leave when they are executed by hand", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const { steps } = await applyRequest(database);
    const client = await database.connect();
    const before = await asRunner(client, describeCatalog);
    await executeByHand(client, steps);
    const byHand = await asRunner(client, describeCatalog);
    const locked = sum(before, (step) =>
      /^(section_\d|phase_number_unique|v7_control)$/.test(step),
    );
    expect(isEmptyChange(changeBetween(before, byHand))).toBe(false);
    expect(changeBetween(locked, byHand)).toStrictEqual({
      added: [],
      changed: [],
      renamed: [],
      removed: [],
    });
  });
});
