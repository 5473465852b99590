import { orderedFolders } from "../../support/importPicture";
import { filesBelow, textOf } from "../../support/repository";

const folders = orderedFolders();

describe("the folders", () => {
  it("are listed in docs/architecture.md in the order that eslint.config.mjs enforces", () => {
    const [, table = ""] = textOf("docs/architecture.md").split("## Folders\n");
    const [section = ""] = table.split("\n## ");
    const rows = [...section.matchAll(/^\| `([^`]+?)\/?` +\|/gm)].map(([, folder]) => folder);
    expect(rows).toEqual(folders);
    expect(rows.length).toBeGreaterThan(20);
  });

  it("include every folder of runner/, which has no other file than model.ts", () => {
    const top = filesBelow("runner").map((path) => path.split("/").slice(0, 2).join("/"));
    const ordered = folders.filter((folder) => folder.startsWith("runner/"));
    expect([...new Set(top)].sort()).toEqual(ordered.sort());
  });

  it("include every folder with TypeScript", () => {
    const isOrdered = (path: string): boolean =>
      folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
    expect(filesBelow().filter((path) => path.endsWith(".ts") && !isOrdered(path))).toEqual([]);
  });
});
