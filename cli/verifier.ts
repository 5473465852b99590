import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { fault } from "../runner/base/fault";
import { scramVerifier } from "../runner/embedded/server/scram";
import { print } from "./print";

const HELP = `
The password is read up to the end of its first line, and must be printable ASCII. The verifier goes into
the setting v7:logins (docs/access.md); each run makes another, and all of them are right.

Exit codes:
  0  printed
  1  nothing on standard input, or a password that cannot be taken

Example:
  printf %s "$PASSWORD" | npx v7 verifier
`;

/** `v7 verifier`: a password's SCRAM-SHA-256 verifier, which is what `v7:logins` takes. */
export function addVerifier(program: Command): void {
  program
    .command("verifier")
    .description(
      "read a password from standard input and print its SCRAM-SHA-256 verifier, for v7:logins",
    )
    .addHelpText("after", HELP)
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
