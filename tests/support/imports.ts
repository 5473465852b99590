import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { preProcessFile } from "typescript";
import { filesBelow, ROOT, textOf } from "./repository";

/** By TypeScript file of the checkout, the project's files that it imports, for a type or for a value. */
export function importGraph(): ReadonlyMap<string, readonly string[]> {
  const files = filesBelow().filter((path) => path.endsWith(".ts"));
  return new Map(files.map((file) => [file, importsOf(file)]));
}

/** Files that import themselves through others, a line a cycle: `a.ts -> b.ts -> a.ts`. */
export function importCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    } else if (!done.has(file)) {
      for (const imported of graph.get(file) ?? []) {
        visit(imported, [...path, file]);
      }
      done.add(file);
    }
  };
  for (const file of graph.keys()) {
    visit(file, []);
  }
  return cycles;
}

function importsOf(file: string): readonly string[] {
  return preProcessFile(textOf(file))
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .flatMap((name) => {
      const path = normalize(join(dirname(file), name));
      const candidates = [`${path}.ts`, normalize(join(path, "index.ts"))];
      return candidates.filter((one) => existsSync(join(ROOT, one))).slice(0, 1);
    });
}
