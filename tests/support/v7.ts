import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./repository";

interface Surroundings {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs `npx v7 …` of this checkout to its end, as a user does, without npx. */
export function v7(args: readonly string[], { input = "", ...more }: Surroundings = {}) {
  const command = join(ROOT, "cli", "v7.cjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: "utf8",
    input,
    ...more,
  });
  return { status, stdout, stderr };
}
