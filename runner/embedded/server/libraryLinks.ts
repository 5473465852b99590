import { lstatSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fault } from "../../base/fault";
import { readJson } from "../../base/readJson";

/** A library file, and the second name by which programs load it; both relative to the package's folder. */
interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Makes the links between a package's libraries that its install script would make: npm's archives have no links, and `npm
 * ci --ignore-scripts` runs no script. Does nothing where they exist.
 *
 * @throws EMBEDDED_FAILED where they cannot be made
 */
export function makeLibraryLinks(packageFolder: string): void {
  for (const { source, target } of missingLibraryLinks(packageFolder)) {
    const link = join(packageFolder, target);
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (cause) {
      // Another process may have made it meanwhile.
      const { code = "" } = cause as NodeJS.ErrnoException;
      if (code !== "EEXIST") {
        throw fault("EMBEDDED_FAILED", {
          what: `making the link "${link}", which npm's install script did not make`,
          found: code,
          expected: "a folder that can be written",
          remedy:
            "Run `npm rebuild` in the project's folder, as the user to whom node_modules belongs",
          cause,
        });
      }
    }
  }
}

/** The links of a package's list that do not exist; none for a package without a list. */
export function missingLibraryLinks(packageFolder: string): readonly Link[] {
  const links = readJson(join(packageFolder, "native", "pg-symlinks.json")) ?? [];
  return (links as readonly Link[]).filter(
    ({ target }) => lstatSync(join(packageFolder, target), { throwIfNoEntry: false }) === undefined,
  );
}
