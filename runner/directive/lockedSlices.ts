import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import type { LockedStatement, Statement } from "../model";
import { cutAt } from "../sql/statements";

/**
 * Cuts a file into statements at the lock's offsets, without parsing. Together the slices are the whole file, and each has
 * the digest that the lock names.
 *
 * @throws MANIFEST_INVALID where the lock's statements are not the file's
 */
export function cutAsLocked(
  directive: string,
  name: string,
  file: Buffer,
  locked: readonly LockedStatement[],
): readonly Statement[] {
  const ends = locked.map(({ offset, length }) => offset + length);
  const statements = cutAt(file, ends);
  const wrong = locked.find(
    ({ statement, offset, sha256: expected }, index) =>
      statement !== index + 1 ||
      offset !== (ends[index - 1] ?? 0) ||
      sha256(statements[index]?.bytes ?? Buffer.alloc(0)) !== expected,
  );
  if (wrong !== undefined || ends.at(-1) !== file.length) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "sql/${directive}/lock.json"`,
      found: `${wrong === undefined ? "statements that end" : `statement ${String(wrong.statement)}`} elsewhere than in sql/${directive}/${name}`,
      expected: "the statements of that file, each once, in its order",
      remedy: `Run npx v7 directive lock ${directive}`,
    });
  }
  return statements.map((statement, index) => ({
    ...statement,
    ...(locked[index] === undefined ? {} : { locked: locked[index] }),
  }));
}
