import { join } from "node:path";
import { run } from "../../engine/command";
import { CHECKOUT } from "../../engine/paths";
import type { Engine } from "../../engine/prepare";
import { runPulumiQuietly, type RunPulumi } from "../../engine/quietPulumi";
import { passphraseRemedy } from "../../engine/state";
import { fault, FAULT_CODES } from "../../runner/base/fault";
import { printAside } from "../print";

/**
 * Runs `pulumi` with these words in the checkout, and returns its standard output. Every command names its stack: the
 * stack that the user selected stays selected.
 *
 * @throws BRANCH_FAILED with Pulumi's message
 */
export type Pulumi = (words: readonly string[]) => Promise<string>;

/** The `pulumi` of an engine. */
export function pulumiOf({ bin, environment }: Engine): Pulumi {
  return async (words) => {
    const { code, output, errors } = await run(
      join(bin, "pulumi"),
      [...words, "--non-interactive"],
      { folder: CHECKOUT, environment },
    );
    if (code !== 0) {
      throw fault("BRANCH_FAILED", {
        what: `running pulumi ${words.slice(0, 2).join(" ")}`,
        found: errors.trim().replace(/^error: /, ""),
        remedy:
          passphraseRemedy(errors) ??
          "Read Pulumi's message, correct its cause and run the command again",
      });
    }
    return output;
  };
}

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
  lines.forEach((line) => {
    printAside(line);
  });
}
