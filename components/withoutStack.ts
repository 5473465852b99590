import * as pulumi from "@pulumi/pulumi";
import { Fault } from "../runner/base/fault";

/** Runs the program. Of a fault Pulumi shows only the message; of another error it prints all fields. */
export async function withoutStack<T>(program: () => Promise<T>): Promise<T> {
  try {
    return await program();
  } catch (error) {
    throw error instanceof Fault ? refusal(error.message) : error;
  }
}

/**
 * The error without stack trace. Pulumi's host formats the error a second time without showing it, and with a stack trace
 * Node 20 needs 20 seconds and a gigabyte for it (util.inspect with colors, on frames in node_modules).
 */
function refusal(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = "";
  return error;
}
