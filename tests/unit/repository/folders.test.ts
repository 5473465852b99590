import { orderedFolders } from "../../support/importPicture";
import { filesBelow, textOf } from "../../support/repository";

const folders = orderedFolders();

describe("the folders", () => {
  it("have in docs/architecture.md the names and the order that eslint.config.mjs enforces", () => {
    const [, table = ""] = textOf("docs/architecture.md").split("## Folders\n");
    const [section = ""] = table.split("\n## ");
    const rows = [...section.matchAll(/^\| `([^`]+?)\/?` +\|/gm)].map(([, folder]) => folder);
    expect(rows).toEqual(folders);
    expect(rows.length).toBeGreaterThan(20);
  });

  it("have each their place in that order, and in runner/ nothing lies loose but model.ts", () => {
    const top = filesBelow("runner").map((path) => path.split("/").slice(0, 2).join("/"));
    const ordered = folders.filter((folder) => folder.startsWith("runner/"));
    expect([...new Set(top)].sort()).toEqual(ordered.sort());
  });

  it("are all of those that hold TypeScript", () => {
    const isOrdered = (path: string): boolean =>
      folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
    expect(filesBelow().filter((path) => path.endsWith(".ts") && !isOrdered(path))).toEqual([]);
  });
});
