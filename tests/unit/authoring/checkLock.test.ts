import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkLock } from "../../../runner/authoring/checkLock";
import { copySqlFolder, editManifest, removeCopies, stepOf } from "../../support/sqlFolder";

afterAll(removeCopies);

describe("the check of a lock without a server", () => {
  it("names each file whose bytes differ from the lock", async () => {
    const folder = copySqlFolder();
    for (const file of ["directive.sql", "rollback/section_3.sql"]) {
      appendFileSync(join(folder, "ad_005", file), " ");
    }
    expect(await checkLock(folder, "ad_005")).toStrictEqual([
      expect.stringMatching(
        /^sql\/ad_005\/directive\.sql has the sha256 [0-9a-f]{64}, the lock e4f16b9f/,
      ),
      expect.stringMatching(/^sql\/ad_005\/rollback\/section_3\.sql has the sha256 /),
    ]);
  });

  it("names a file that only the lock has, and one that only the manifest has", async () => {
    const folder = copySqlFolder();
    editManifest(folder, (manifest) => {
      stepOf(manifest, "lockdown").file = "amendments/other.sql";
    });
    writeFileSync(join(folder, "ad_005", "amendments", "other.sql"), "SELECT 1;");
    expect(await checkLock(folder, "ad_005")).toStrictEqual([
      "sql/ad_005/amendments/lockdown.sql is in the lock, and manifest.yaml does not name it",
      "sql/ad_005/amendments/other.sql is not in the lock",
    ]);
  });

  it("says that the lock is missing, or that the file is not a lock", async () => {
    const folder = copySqlFolder();
    writeFileSync(join(folder, "ad_005", "lock.json"), "[");
    expect(await checkLock(folder, "ad_005")).toStrictEqual(["sql/ad_005/lock.json is not a lock"]);
    rmSync(join(folder, "ad_005", "lock.json"));
    expect(await checkLock(folder, "ad_005")).toStrictEqual(["sql/ad_005/lock.json is not there"]);
  });
});
