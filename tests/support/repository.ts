import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** The checkout. */
export const ROOT = join(__dirname, "..", "..");

/** Folders with generated files, or with files of others. */
const LEFT_OUT = new Set(["node_modules", ".git", ".v7", "coverage"]);

/** Every file of the checkout, by its path from there, sorted. */
export function filesBelow(folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: false })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (LEFT_OUT.has(entry.name)) {
        return [];
      }
      return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [relative("", path)] : [];
    })
    .sort();
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
