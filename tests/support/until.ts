/** Asks again and again until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await isSo());) {
    if (Date.now() > deadline) {
      throw new Error("it did not come so far");
    }
  }
}
