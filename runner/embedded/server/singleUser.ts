import { fault } from "../../base/fault";
import { ownerOf } from "../system/account";
import { lastLines, runProgram } from "../system/program";
import { type Binaries, programPath } from "./binaries";
import type { SUPERUSER } from "./initdb";
import { scramVerifier } from "./scram";

/**
 * Gives the logins of a stopped server new passwords, without knowing the old ones: its owner may do that in
 * PostgreSQL's single-user mode. Only verifiers pass through it.
 *
 * @throws EMBEDDED_FAILED with what PostgreSQL says
 */
export async function replacePasswords(
  binaries: Binaries,
  dataDirectory: string,
  passwords: Readonly<Record<typeof SUPERUSER | "postgres", string>>,
): Promise<void> {
  const what = "giving the embedded PostgreSQL new passwords";
  const statements = Object.entries(passwords).map(
    ([role, password]) => `ALTER ROLE ${role} PASSWORD '${scramVerifier(password)}'\n`,
  );
  const printed = await runProgram(
    programPath(binaries, "postgres"),
    ["--single", "-D", dataDirectory, "--log_min_error_statement=panic", "postgres"],
    { what, account: ownerOf(dataDirectory), cwd: dataDirectory, input: statements.join("") },
  );
  // It ends with 0 whatever became of the statements.
  if (/\b(ERROR|FATAL|PANIC): /.test(printed)) {
    throw fault("EMBEDDED_FAILED", {
      what,
      found: "a statement that the server refused",
      remedy: "Read its message below",
      detail: lastLines(printed),
    });
  }
}
