import { execFileSync } from "node:child_process";
import { ROOT } from "../../support/repository";

it("the program's start loads neither TypeScript nor npm, which the SDK takes to turn functions into text", () => {
  const script =
    "require('@pulumi/pulumi'); process.stdout.write(JSON.stringify(Object.keys(require.cache)))";
  const args = ["--require=./engine/program.cjs", "-e", script];
  const printed = execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  const files = JSON.parse(printed) as string[];
  expect(files.filter((file) => /node_modules\/(typescript|@npmcli)\//.test(file))).toEqual([]);
  expect(files.some((file) => file.includes("@pulumi/pulumi/runtime/resource.js"))).toBe(true);
});
