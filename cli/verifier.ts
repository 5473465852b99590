import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { fault } from "../runner/base/fault";
import { scramVerifier } from "../runner/embedded/server/scram";
import { print } from "./print";

const HELP = `
Reads the first line of standard input, which must be printable ASCII. The verifier goes into the setting
v7:logins (docs/access.md). Each run prints another one, and every one of them is valid.

Exit codes:
  0  printed
  1  standard input is empty, or the password has other characters

Example:
  printf %s "$PASSWORD" | npx v7 verifier
`;

export function addVerifier(program: Command): void {
  program
    .command("verifier")
    .description(
      "read a password from standard input and print its SCRAM-SHA-256 verifier, for v7:logins",
    )
    .addHelpText("after", HELP)
    .action(async () => {
      const input = createInterface({ input: process.stdin });
      // Not an argument: everybody on the machine can read a command line, and a shell's history keeps it.
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
