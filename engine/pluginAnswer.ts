import { visible } from "../runner/base/visible";
import { isExecutable, run } from "./command";

/** The beginning of the stand-in's answer; the official plugin answers with its version only. */
export const STAND_IN_ANSWER = "stand-in of v7";

/** A plugin's answer to `--version`, which tells what it is; undefined where there is no such executable. */
export async function askPlugin(file: string): Promise<string | undefined> {
  if (!isExecutable(file)) {
    return undefined;
  }
  const { code, output } = await run(file, ["--version"], { timeoutSeconds: 20 });
  const [answer = ""] = output.trim().split("\n");
  return code === 0 && answer !== "" ? visible(answer).slice(0, 80) : "a plugin that does not say";
}

export function isStandIn(answer: string): boolean {
  return answer.startsWith(STAND_IN_ANSWER);
}
