import * as pulumi from "@pulumi/pulumi";
import { Fault } from "../../runner/base/fault";

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

/** The message with which the program refuses: a RunError, which the engine shows without a stack. */
export async function refusalOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (pulumi.RunError.isInstance(error)) {
      return error.message;
    }
    throw error;
  }
  throw new Error("nothing was thrown where a refusal was expected");
}
