import { appendFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderOfTest } from "../support/folder";
import { registered, runProgram } from "../support/program";
import { ROOT } from "../support/repository";

/** The program with its SQL, in a folder of its own: a test changes files there without changing this checkout. */
const checkout = folderOfTest();
beforeEach(() => {
  for (const entry of ["index.ts", "package.json", "components", "runner", "sql"]) {
    cpSync(join(ROOT, entry), join(checkout(), entry), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(checkout(), "node_modules"));
});

describe("the program in a checkout", () => {
  it("runs when no file is changed", async () => {
    const { registrations } = await runProgram({ checkout: checkout() });
    expect(registrations.length).toBeGreaterThan(50);
  });

  it.each([
    ["ad_005/directive.sql", "DIRECTIVE_CHANGED: checking"],
    ["ad_005/amendments/lockdown.sql", "DIRECTIVE_CHANGED: checking"],
    ["ad_005/rollback/section_1.sql", "DIRECTIVE_CHANGED: checking"],
    ["ad_005/manifest.yaml", "MANIFEST_INVALID: reading"],
    ["ad_005/access.yaml", "MANIFEST_INVALID: reading"],
    ["ad_005/lock.json", "MANIFEST_INVALID: reading"],
  ])("registers nothing when one byte is appended to %s", async (file, message) => {
    appendFileSync(join(checkout(), "sql", file), "x");
    await expect(runProgram({ checkout: checkout() })).rejects.toThrow(message);
    expect(registered()).toEqual([]);
  });

  it("registers nothing when one bit of the directive's first table is flipped", async () => {
    const path = join(checkout(), "sql", "ad_005", "directive.sql");
    const bytes = readFileSync(path);
    const position = bytes.indexOf("phase_number INTEGER");
    bytes[position] = (bytes[position] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(runProgram({ checkout: checkout() })).rejects.toThrow(
      'DIRECTIVE_CHANGED: checking "sql/ad_005/directive.sql": found sha256 ',
    );
    expect(registered()).toEqual([]);
  });
});
