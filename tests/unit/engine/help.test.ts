import { spawnSync } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { folderOfTest } from "../../support/folder";
import { ROOT, textOf } from "../../support/repository";

/** The scripts of package.json that set something up. */
const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
const VERBS = Object.entries(scripts)
  .filter(([, script]) => script.startsWith("node engine/bootstrap.mjs"))
  .map(([verb]) => verb);

describe("the help of an npm verb", () => {
  // A clone in which nothing has been set up, and nothing can be: it has no packages and no lock file.
  const clone = folderOfTest();
  beforeEach(() => {
    for (const file of ["bootstrap.mjs", "help.mjs"]) {
      cpSync(join(ROOT, "engine", file), join(clone(), "engine", file));
    }
  });

  it.each(VERBS.flatMap((verb) => [[verb, "--help"] as const, [verb, "-h"] as const]))(
    "is shown for %s %s in 80 columns, without setting anything up",
    (verb, flag) => {
      const args = ["engine/bootstrap.mjs", verb, flag];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        cwd: clone(),
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^npm (?:run )?(\w+)[^]*\nExit codes: 0 /);
      expect(/^npm (?:run )?(\w+)/.exec(stdout)?.[1]).toBe(verb);
      expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
      expect(readdirSync(clone())).toEqual(["engine"]);
    },
  );

  it("is tested for every verb that sets something up", () => {
    expect(VERBS).toEqual(["start", "stop", "test", "engine", "doctor"]);
  });
});
