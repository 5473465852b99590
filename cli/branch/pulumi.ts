import { join } from "node:path";
import { run } from "../../engine/command";
import { CHECKOUT } from "../../engine/paths";
import type { Engine } from "../../engine/prepare";
import { fault } from "../../runner/base/fault";

/**
 * Runs `pulumi` with these words in the checkout, and gives what it printed. Every command here names its own stack: the
 * one that `pulumi` takes without --stack stays the one that the user selected.
 *
 * @throws BRANCH_FAILED with what it said
 */
export type Pulumi = (
  words: readonly string[],
  onOutputLine?: (line: string) => void,
) => Promise<string>;

/** That engine's `pulumi`. */
export function pulumiOf({ bin, environment }: Engine): Pulumi {
  return async (words, onOutputLine) => {
    const { code, output, errors } = await run(
      join(bin, "pulumi"),
      [...words, "--non-interactive"],
      { folder: CHECKOUT, environment, ...(onOutputLine === undefined ? {} : { onOutputLine }) },
    );
    if (code !== 0) {
      throw fault("BRANCH_FAILED", {
        what: `running pulumi ${words.slice(0, 2).join(" ")}`,
        found: errors.trim().replace(/^error: /, ""),
        remedy: "Read Pulumi's message, correct its cause and run the command again",
      });
    }
    return output;
  };
}
