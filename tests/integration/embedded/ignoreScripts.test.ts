import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasLibraryLinks, locateBinaries } from "../../../runner/embedded";
import { type Binaries, findBinaries, programPath } from "../../../runner/embedded/server/binaries";
import { checkoutOfTests } from "./checkout";

describe("PostgreSQL after npm ci --ignore-scripts", () => {
  const checkout = checkoutOfTests({ copies: true });
  let binaries: Binaries;
  let libraries: string;

  beforeAll(() => {
    binaries = locateBinaries(17, checkout);
    libraries = join(dirname(programPath(binaries, "postgres")), "..", "lib");
    // npm unpacks only files, without links.
    for (const entry of readdirSync(libraries, { withFileTypes: true })) {
      if (entry.isSymbolicLink()) {
        rmSync(join(libraries, entry.name));
      }
    }
  });

  it("cannot run without its library links, and gets them when it is used", () => {
    const postgres = programPath(binaries, "postgres");
    expect(spawnSync(postgres, ["--version"]).status).toBe(127);
    expect(hasLibraryLinks(binaries)).toBe(false);
    findBinaries(17, checkout);
    expect(hasLibraryLinks(binaries)).toBe(true);
    expect(execFileSync(postgres, ["--version"], { encoding: "utf8" })).toContain("17.");
  });

  it("is refused with a remedy when its links cannot be created", () => {
    rmSync(libraries, { recursive: true });
    expect(() => findBinaries(17, checkout)).toThrow(
      /^EMBEDDED_FAILED: making the link .*: found ENOENT, .*Run `npm rebuild`/,
    );
  });
});
