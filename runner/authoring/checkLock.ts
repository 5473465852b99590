import { existsSync, readFileSync } from "node:fs";
import { isMapping } from "../base/yamlText";
import { filesOf } from "../directive/builtOn";
import { lockFile } from "../directive/readLock";
import { loadForLock, lockDirective } from "./lockDirective";
import { lockText } from "./lockText";

/** How many lines of a difference are shown at most. */
const SHOWN = 20;

/**
 * Compares a directive's lock.json with its files: a line for each difference, none where they are equal. Files with other
 * bytes are found without starting a server; otherwise the lock is made again and compared line by line.
 *
 * @throws what {@link lockDirective} throws
 */
export async function checkLock(
  sqlFolder: string,
  directive: string,
  onProgress?: (message: string) => void,
  baselines?: Parameters<typeof lockDirective>[3],
): Promise<readonly string[]> {
  const file = lockFile(sqlFolder, directive);
  if (!existsSync(file)) {
    return [`sql/${directive}/lock.json is not there`];
  }
  const text = readFileSync(file, "utf8");
  const { manifest } = await loadForLock(sqlFolder, directive);
  const changed = changedFiles(text, filesOf(manifest));
  if (changed.length > 0) {
    return changed.map((one) => `sql/${directive}/${one}`);
  }
  const lock = await lockDirective(sqlFolder, directive, onProgress, baselines);
  return changedLines(text, lockText(lock));
}

function changedFiles(text: string, files: Readonly<Record<string, string>>): readonly string[] {
  const locked = lockedFiles(text);
  if (locked === undefined) {
    return ["lock.json is not a lock"];
  }
  const names = [...new Set([...Object.keys(files), ...Object.keys(locked)])].sort();
  return names.flatMap((name) => {
    const now = files[name];
    const then = locked[name];
    if (now === then) {
      return [];
    }
    const what =
      then === undefined
        ? "is not in the lock"
        : now === undefined
          ? "is in the lock, and manifest.yaml does not name it"
          : `has the sha256 ${now}, the lock ${then}`;
    return [`${name} ${what}`];
  });
}

function lockedFiles(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const lock: unknown = JSON.parse(text);
    return isMapping(lock) && isMapping(lock["files"])
      ? (lock["files"] as Record<string, string>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The lines that only one of the texts has: with `-` those of the file, with `+` those of the new lock. */
function changedLines(text: string, now: string): readonly string[] {
  const [old, made] = [text.split("\n"), now.split("\n")];
  const lines = [
    ...old.filter((line) => !made.includes(line)).map((line) => `- ${line}`),
    ...made.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
  if (lines.length === 0 && text !== now) {
    return ["the same lines in another order"];
  }
  const more = lines.length - SHOWN;
  return [...lines.slice(0, SHOWN), ...(more > 0 ? [`and ${more} lines more`] : [])];
}
