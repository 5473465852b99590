import { Fault } from "../../runner/fault";

/** The fault that this throws; anything else, or nothing, fails the test. */
export async function faultOf(run: () => unknown): Promise<Fault> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Fault) {
      return error;
    }
    throw error;
  }
  throw new Error("nothing was thrown where a fault was expected");
}
