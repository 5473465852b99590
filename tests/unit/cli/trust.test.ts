import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { wholeNumber } from "../../../cli/options";
import { readTrust } from "../../../cli/trust";
import { parseSettings } from "../../../runner/settings/stackSettings";
import { faultOf } from "../../support/faults";
import { folderOfTest } from "../../support/folder";

const folder = folderOfTest();
let signers: string;
beforeEach(() => {
  signers = join(folder(), "signers");
  writeFileSync(signers, "alice\n");
});

describe("the trust that v7 trust reads", () => {
  it("has the file's text unchanged, and the stack's rules", () => {
    const settings = parseSettings({ allowedSigners: signers, requiredApprovals: "2" });
    expect(readTrust({}, settings)).toEqual({ allowedSigners: "alice\n", requiredApprovals: 2 });
  });

  it("has the options' values in place of the stack's", () => {
    const settings = parseSettings({ forbidSelfApproval: "true" });
    expect(readTrust({ signers, required: 3 }, settings)).toEqual({
      allowedSigners: "alice\n",
      requiredApprovals: 3,
      forbidSelfApproval: true,
    });
  });

  it.each(["0", "-1", "one", "1.5", "", "100"])("is refused with --required %j", (required) => {
    expect(() => wholeNumber(1, 99)(required)).toThrow("A whole number from 1 to 99.");
  });

  it("is refused if the file does not exist", async () => {
    const run = (): unknown => readTrust({ signers: join(folder(), "none") }, parseSettings({}));
    expect((await faultOf(run)).code).toBe("SIGNERS_INVALID");
  });
});
