import { visible } from "../runner/base/visible";
import { isExecutable, run } from "./command";

/** How the stand-in's answer begins; the official plugin answers with its version alone. */
export const STAND_IN_ANSWER = "stand-in of v7";

/**
 * What a plugin says that it is, asked with `--version`: where it lies and who put it there tells nothing.
 *
 * @returns undefined where there is no such executable
 */
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
