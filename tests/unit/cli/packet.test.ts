import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describePacket, packetFiles, writePacket } from "../../../cli/plan/packet";
import { loadDirectives } from "../../../runner/directive/directive";
import { folderOfTest } from "../../support/folder";
import { samplePlan, sampleRehearsal } from "../../support/packet";
import { SQL_FOLDER } from "../../support/sqlFolder";

const folder = folderOfTest();

describe("the packet of a plan", () => {
  it("is in the plan's folder, under the plan's name", () => {
    expect(packetFiles("a/plan.json")).toEqual({ html: "a/plan.html", markdown: "a/plan.md" });
    expect(packetFiles("plan")).toEqual({ html: "plan.html", markdown: "plan.md" });
  });

  it("is written as a page and as Markdown, and its verdict is shown to the signer", async () => {
    const directives = await loadDirectives(SQL_FOLDER, []);
    const prepared = samplePlan(directives);
    const digest = prepared.digest ?? "";
    const plan = join(folder(), "plan.json");
    const rehearsal = sampleRehearsal(directives);
    const files = await writePacket(plan, { prepared, directives, stack: "prod", rehearsal });
    expect(files).toEqual({
      html: join(folder(), "plan.html"),
      markdown: join(folder(), "plan.md"),
    });
    for (const file of [files.html, files.markdown]) {
      expect(readFileSync(file, "utf8")).toContain(`--plan ${plan} --digest ${digest}`);
    }
    expect(describePacket(plan, digest)).toBe(
      `packet    ${files.html}\n          it says: Rehearsed, as expected. It ran on a copy in 63 ms and left what the repository expects.\n`,
    );
    expect(describePacket(plan, "0".repeat(64))).toMatch(/^warning: .* is the packet of another/);
  });

  it("is not shown if its file is missing or too large", () => {
    const plan = join(folder(), "plan.json");
    expect(describePacket(plan, "")).toBe("");
    writeFileSync(join(folder(), "plan.html"), Buffer.alloc(9 * 1024 * 1024));
    expect(describePacket(plan, "")).toBe("");
  });
});
