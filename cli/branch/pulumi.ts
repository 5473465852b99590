import type { Engine } from "../../engine/prepare";
import { runPulumiQuietly, type RunPulumi } from "../../engine/quietPulumi";
import { fault, FAULT_CODES } from "../../runner/base/fault";
import { printAside, printEach } from "../print";

/**
 * Changes a stack by runs of Pulumi, shown to the user as `npm start` shows its own.
 *
 * @param failure what is done, and what the user does where it fails
 * @throws BRANCH_FAILED with the errors of resources and policies
 */
export async function changeStack(
  engine: Engine,
  stack: string,
  name: string,
  failure: { readonly what: string; readonly remedy: string },
  work: (pulumi: RunPulumi) => Promise<number>,
): Promise<void> {
  const { code, lines } = await runPulumiQuietly(engine, stack, name, work);
  if (code !== 0) {
    const text = lines.join("\n");
    const own = Object.keys(FAULT_CODES).find((one) => text.includes(` ${one}: `));
    throw fault("BRANCH_FAILED", {
      ...failure,
      found: own ?? "a failure of Pulumi",
      detail: lines,
    });
  }
  printEach(lines, printAside);
}
