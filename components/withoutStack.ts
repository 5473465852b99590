import * as pulumi from "@pulumi/pulumi";
import { Fault } from "../runner/base/fault";

/** Runs the program; a user's mistake is shown as its message alone, where Pulumi would print the error's insides. */
export async function withoutStack<T>(program: () => Promise<T>): Promise<T> {
  try {
    return await program();
  } catch (error) {
    throw error instanceof Fault ? refusal(error.message) : error;
  }
}

/**
 * Without a stack: Pulumi's host formats it once more, unseen, and Node 20 takes 20 seconds and a gigabyte over that
 * (util.inspect with colors, on frames in node_modules).
 */
function refusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = "";
  return error;
}
