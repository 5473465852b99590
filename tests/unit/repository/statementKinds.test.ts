import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROWS } from "../../integration/directives/rows";
import { ROOT } from "../../support/repository";

describe("docs/directives.md", () => {
  it("lists the supported statements, and what drift detection and repair do with each", () => {
    const text = readFileSync(join(ROOT, "docs", "directives.md"), "utf8");
    const table = text.slice(text.indexOf("## What a directive may do"));
    const row = /^\| (.+?) +\| (changed|missing|unexpected) +\| (mended|shown) +\|$/gm;
    const listed = [...table.matchAll(row)].map(([, ...cells]) => cells);
    expect(listed).toStrictEqual(
      ROWS.map(({ what, drift = "changed", repair = "mended" }) => [what, drift, repair]),
    );
    expect(listed.length).toBeGreaterThanOrEqual(60);
  });
});
