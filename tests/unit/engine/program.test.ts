import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../support/repository";

/** The packages of which a launcher of Pulumi's loads a file, started with what our settings have Node.js load before. */
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
  "the start of the %s loads no package file by file, and neither TypeScript nor npm",
  (_, folder, preload, launcher) => {
    // The launcher's own file is answered by the bundle.
    expect(packagesOf(folder, preload, launcher)).toEqual(["@pulumi/pulumi"]);
  },
);

it("no start of our TypeScript prints anything of its own, whatever this version of Node.js is", () => {
  const args = ["--require=./engine/typescript.cjs", "-e", ""];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  expect(stdout + stderr).toBe("");
});
