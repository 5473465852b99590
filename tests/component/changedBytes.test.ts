import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { registered, runProgram } from "../support/program";
import { ROOT } from "../support/repository";

/** The program with its SQL, in a folder of its own: what is wrong with its files must show there and nowhere else. */
let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "v7-checkout-"));
  for (const entry of ["index.ts", "package.json", "components", "runner", "sql"]) {
    cpSync(join(ROOT, entry), join(checkout, entry), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
});
afterEach(() => {
  rmSync(checkout, { recursive: true });
});

describe("a checkout", () => {
  it("runs where nothing of it was changed", async () => {
    const { registrations } = await runProgram({ checkout });
    expect(registrations.length).toBeGreaterThan(50);
  });

  it.each([
    ["ad_005/directive.sql", "DIRECTIVE_CHANGED: checking"],
    ["ad_005/amendments/lockdown.sql", "DIRECTIVE_CHANGED: checking"],
    ["ad_005/rollback/section_1.sql", "DIRECTIVE_CHANGED: checking"],
    ["ad_005/manifest.yaml", "MANIFEST_INVALID: reading"],
    ["ad_005/access.yaml", "MANIFEST_INVALID: reading"],
    ["ad_005/lock.json", "MANIFEST_INVALID: reading"],
  ])("registers nothing where one byte more stands in %s", async (file, message) => {
    appendFileSync(join(checkout, "sql", file), "x");
    await expect(runProgram({ checkout })).rejects.toThrow(message);
    expect(registered()).toEqual([]);
  });

  it("registers nothing where one bit of the directive's first table is another", async () => {
    const path = join(checkout, "sql", "ad_005", "directive.sql");
    const bytes = readFileSync(path);
    const position = bytes.indexOf("phase_number INTEGER");
    bytes[position] = (bytes[position] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(runProgram({ checkout })).rejects.toThrow(
      'DIRECTIVE_CHANGED: checking "sql/ad_005/directive.sql": found sha256 ',
    );
    expect(registered()).toEqual([]);
  });
});
