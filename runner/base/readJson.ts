import { readFileSync } from "node:fs";

/** What a JSON file has; undefined where it is missing, cannot be read, or is cut short. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
