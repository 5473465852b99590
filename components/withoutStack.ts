import * as pulumi from "@pulumi/pulumi";
import { Fault } from "../runner/fault";

/** Runs the program; a user's mistake is shown as its message alone, where Pulumi would print the error's insides. */
export async function withoutStack<T>(program: () => Promise<T>): Promise<T> {
  try {
    return await program();
  } catch (error) {
    throw error instanceof Fault ? new pulumi.RunError(error.message) : error;
  }
}
