import { existsSync } from "node:fs";
import { join } from "node:path";
import { importPicture } from "../../support/importPicture";
import { importGraph } from "../../support/imports";
import { ROOT, textOf } from "../../support/repository";

const document = textOf("docs/architecture.md");

/** The walks: a list of `[name](../file)` each. */
const [, section = ""] = document.split("## A newcomer's walk\n");
const walks = (section.split("\n## ")[0] ?? "")
  .split(/\n- /)
  .slice(1)
  .map((walk) => ({
    about: walk.slice(0, walk.indexOf(":")),
    hops: [...walk.matchAll(/\[`([^`]+)`\]\(\.\.\/([^)]+)\)/g)].map(([, name = "", file = ""]) => ({
      name,
      file,
    })),
  }));

describe("docs/architecture.md", () => {
  it("has the picture of the code's own imports", () => {
    const [, drawn] = /```mermaid\n(flowchart TD\n[^]*?)\n```/.exec(document) ?? [];
    expect(drawn).toBe(importPicture());
  });

  it("has a newcomer's walk to four places", () => {
    expect(walks.map(({ about }) => about)).toEqual([
      "where the directive's bytes are read",
      "where they are sent to the server",
      "where an approval is judged",
      "where a difference is found",
    ]);
  });

  it.each(walks)(
    "has walks of at most four hops, each in a file that the one before imports: $about",
    ({ hops }) => {
      const graph = importGraph();
      expect(hops.length).toBeGreaterThan(2);
      expect(hops.length).toBeLessThanOrEqual(4);
      for (const [index, { name, file }] of hops.entries()) {
        expect(existsSync(join(ROOT, file))).toBe(true);
        expect(textOf(file)).toContain(`${name}(`);
        const next = hops[index + 1];
        expect(next === undefined || graph.get(file)?.includes(next.file)).toBe(true);
      }
    },
  );
});
