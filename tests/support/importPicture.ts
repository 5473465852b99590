import { importGraph } from "./imports";
import { textOf } from "./repository";

/** The folders, `runner/base` first, as eslint.config.mjs orders them: each imports only from those before it. */
export function orderedFolders(): readonly string[] {
  const list = /const FOLDERS = \[(.*?)\]/s.exec(textOf("eslint.config.mjs"))?.[1] ?? "";
  return [...list.matchAll(/"([^"]+)"/g)].map(([, folder = ""]) => folder);
}

/**
 * The imports between folders, as a Mermaid flowchart from the program down. An arrow that follows from others is
 * left out.
 */
export function importPicture(): string {
  const imports = folderImports();
  const lines = [...imports].flatMap(([folder, imported]) =>
    imported
      .filter((one) => !imported.some((other) => other !== one && reaches(imports, other, one)))
      .map((one) => `  ${nodeOf(folder)} --> ${nodeOf(one)}`),
  );
  return ["flowchart TD", ...lines].join("\n");
}

/** By folder, the folders that it imports from. The folders are in the reverse order of the list, their imports in its order. */
function folderImports(): ReadonlyMap<string, readonly string[]> {
  const folders = orderedFolders().filter((folder) => folder !== "tests");
  const folderOf = (path: string): string | undefined =>
    folders.find((folder) => path === folder || path.startsWith(`${folder}/`));
  const found = new Map(folders.toReversed().map((folder) => [folder, new Set<string>()]));
  for (const [file, imported] of importGraph()) {
    const from = folderOf(file);
    for (const to of imported.map(folderOf)) {
      if (from !== undefined && to !== undefined && to !== from) {
        found.get(from)?.add(to);
      }
    }
  }
  return new Map(
    [...found].map(([folder, imported]) => [folder, folders.filter((one) => imported.has(one))]),
  );
}

function reaches(
  imports: ReadonlyMap<string, readonly string[]>,
  from: string,
  to: string,
): boolean {
  return (imports.get(from) ?? []).some((one) => one === to || reaches(imports, one, to));
}

/** `runner/base` is `base`: a name without a slash or a dot needs no quotes in Mermaid. */
function nodeOf(folder: string): string {
  return folder.replace("runner/", "").replace(".ts", "");
}

if (require.main === module) {
  console.log(importPicture());
}
