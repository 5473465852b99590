import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../support/repository";

/** The packages of which Pulumi's launcher loads a file, started with the same preload as the engine starts it. */
function packagesOf(folder: string, preload: string, launcher: string): string[] {
  const print = `process.on("exit", () => process.stdout.write("\\n" + JSON.stringify(Object.keys(require.cache))))`;
  const { stdout } = spawnSync(
    process.execPath,
    [
      `--require=${preload}`,
      "-e",
      `${print}; require(${JSON.stringify(join(ROOT, "node_modules", launcher))})`,
    ],
    { cwd: join(ROOT, folder), encoding: "utf8" },
  );
  const files = JSON.parse(stdout.slice(stdout.lastIndexOf("\n") + 1)) as string[];
  const names = files.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  // The first start of these sources makes the bundle.
  return [...new Set(names)].filter((name) => name !== "esbuild");
}

it.each([
  ["program", ".", "./engine/program.cjs", "@pulumi/pulumi/cmd/run/index.js"],
  ["pack", "policy", "../engine/pack.cjs", "@pulumi/pulumi/cmd/run-policy-pack/index.js"],
])(
  "the start of the %s loads one bundle, and no file of TypeScript or another package",
  (_, folder, preload, launcher) => {
    // The bundle stands in for the launcher's own file.
    expect(packagesOf(folder, preload, launcher)).toEqual(["@pulumi/pulumi"]);
  },
);

it("the start of a TypeScript program prints nothing", () => {
  const args = ["--require=./engine/typescript.cjs", "-e", ""];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  expect(stdout + stderr).toBe("");
});
