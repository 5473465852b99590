/** Polls until the condition holds, for at most 20 s. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await isSo());) {
    if (Date.now() > deadline) {
      throw new Error("the condition did not hold within 20 s");
    }
  }
}
