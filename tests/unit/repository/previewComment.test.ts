import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderOfTest } from "../../support/folder";
import { ROOT } from "../../support/repository";

const DIGEST = "ab".repeat(32);
const folder = folderOfTest();

function comment(plan: string, preview = "fine\n"): string {
  writeFileSync(join(folder(), "plan.txt"), plan);
  writeFileSync(join(folder(), "preview.txt"), preview);
  const script = join(ROOT, ".github", "scripts", "previewComment.mjs");
  const environment = { ...process.env, RUN_URL: "https://run", COMMIT: "0123456789abcdef" };
  return execFileSync(process.execPath, [script, folder()], { encoding: "utf8", env: environment });
}

describe("the comment of the workflow preview", () => {
  it("begins with its mark, and names the digest to sign", () => {
    const text = comment(`would run on db:5432/postgres\nplan digest ${DIGEST}\n`);
    expect(text.split("\n").slice(0, 4)).toEqual([
      "<!-- v7 preview of prod -->",
      "### Preview of prod, 0123456789ab",
      "",
      `Merged, this needs an approval of the plan **\`${DIGEST}\`**.`,
    ]);
  });

  it("says that nothing would run, or that there is no plan", () => {
    expect(comment("nothing to run: every step has been applied, as the history says\n")).toContain(
      "Merged, this runs nothing on the database.",
    );
    expect(comment("SERVER_UNREACHABLE: connecting to …\n")).toContain(
      "There is no plan: see below.",
    );
  });

  it("stays below GitHub's limit, and keeps the end of a text that it shortens", () => {
    const long = `${"x".repeat(200_000)}\nplan digest ${DIGEST}\n`;
    writeFileSync(join(folder(), "plan.md"), "z".repeat(31_000));
    const text = comment(long, `${"y".repeat(200_000)}\nthe end\n`);
    expect(text).toContain("zzz");
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain(`**\`${DIGEST}\`**`);
    expect(text).toContain("the end\n");
  });

  it("shows the whole packet, or says that it is too long", () => {
    writeFileSync(join(folder(), "plan.md"), "# What will run\n");
    const short = comment(`plan digest ${DIGEST}\n`);
    expect(short).toContain(
      "<details><summary>The packet for The Architect</summary>\n\n# What will run\n\n</details>\n",
    );
    writeFileSync(join(folder(), "plan.md"), "x".repeat(60_000));
    const long = comment(`plan digest ${DIGEST}\n`);
    expect(long).toContain("The packet for The Architect is too long for a comment");
    expect(long.length).toBeLessThan(2_000);
  });

  it("keeps printed text within its block, and removes the terminal's colours", () => {
    const text = comment("```\n# injected\n````\n", "\u001b[31mred\u001b[0m\n");
    expect(text).toContain("`````text\n```\n# injected\n````\n`````\n");
    expect(text).toContain("```text\nred\n```\n");
  });
});
