import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { approvalPlaces } from "../../../runner/directive/approvalFolders";
import { makeFolder, removeFolders } from "./support";

afterAll(removeFolders);

/** A project with directives, and allowed signers of some. */
function project(directives: readonly string[], signed: readonly string[]): string {
  const folder = makeFolder();
  for (const name of directives) {
    mkdirSync(join(folder, "sql", name, "approvals"), { recursive: true });
  }
  for (const name of signed) {
    writeFileSync(join(folder, "sql", name, "approvals", "allowed_signers"), "");
  }
  return folder;
}

describe("the search for approvals", () => {
  it("reads every directive's folder, and writes to the newest directive's", () => {
    expect(approvalPlaces(project(["ad_1000", "ad_006", "ad_005"], []))).toEqual({
      folders: ["sql/ad_005/approvals", "sql/ad_006/approvals", "sql/ad_1000/approvals"],
      newest: "sql/ad_1000/approvals",
      allowedSigners: "sql/ad_005/approvals/allowed_signers",
    });
  });

  it.each([
    [["ad_006"], "ad_006"],
    [["ad_006", "ad_007"], "ad_006"],
    [["ad_005", "ad_007"], "ad_005"],
  ])(
    "takes the allowed signers of the first directive that has the file: of %j",
    (signed, first) => {
      const { allowedSigners } = approvalPlaces(project(["ad_005", "ad_006", "ad_007"], signed));
      expect(allowedSigners).toBe(`sql/${first}/approvals/allowed_signers`);
    },
  );

  it("fails without a directive", () => {
    expect(() => approvalPlaces(project([], []))).toThrow(/^MANIFEST_INVALID: looking for /);
  });
});
