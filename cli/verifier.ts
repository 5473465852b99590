import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { scramVerifier } from "../runner/embedded/scram";
import { fault } from "../runner/fault";
import { print } from "./print";

/** `v7 verifier`: a password's SCRAM-SHA-256 verifier, which is what `v7:logins` takes. */
export function addVerifier(program: Command): void {
  program
    .command("verifier")
    .description(
      "read a password from standard input and print its SCRAM-SHA-256 verifier, for v7:logins",
    )
    .action(async () => {
      const input = createInterface({ input: process.stdin });
      // Never as an argument: a command line can be read by everybody on the machine, and stays in a shell's history.
      const { value } = (await input[Symbol.asyncIterator]().next()) as { value?: string };
      input.close();
      const isEmpty = value === undefined || value === "";
      if (isEmpty || !/^[\x20-\x7e]+$/.test(value)) {
        throw fault("COMMAND_INVALID", {
          what: "reading a password",
          found: isEmpty ? "nothing on standard input" : "characters that are not printable ASCII",
          remedy: 'Pipe the password in: printf %s "$PASSWORD" | npx v7 verifier',
        });
      }
      print(scramVerifier(value));
    });
}
