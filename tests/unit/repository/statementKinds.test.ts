import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROWS } from "../../integration/directives/rows";
import { ROOT } from "../../support/repository";

describe("docs/directives.md", () => {
  it("lists the statements that are carried through, and what drift detection says of them", () => {
    const text = readFileSync(join(ROOT, "docs", "directives.md"), "utf8");
    const table = text.slice(text.indexOf("## What a directive may do"));
    const listed = [...table.matchAll(/^\| (.+?) +\| (changed|missing|unexpected) +\|$/gm)].map(
      ([, what, drift]) => [what, drift],
    );
    expect(listed).toStrictEqual(ROWS.map(({ what, drift = "changed" }) => [what, drift]));
    expect(listed.length).toBeGreaterThanOrEqual(60);
  });
});
