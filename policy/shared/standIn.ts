import { existsSync, openSync, readSync, closeSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { withConnection } from "../../runner/postgres/connection";
import { isProtected } from "../../runner/postgres/protection";
import { readRequest } from "../../runner/requests/directiveRequest";

/** The version that @pulumi/postgresql asks for. */
const PLUGIN = join("plugins", "resource-postgresql-v3.18.1", "pulumi-resource-postgresql");

/**
 * Whether these inputs name a protected database while the installed `postgresql` plugin is not the official one. The official
 * plugin is a compiled program, the stand-in a script: the file's first bytes decide.
 *
 * @param inputs of an ApprovalGate
 * @returns what was found instead of the official plugin; undefined where there is no problem
 */
export async function standInOnProtected(
  inputs: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const found = unofficialPlugin(environment);
  if (found === undefined || environment["V7_STAND_IN_ON_PROTECTED"] === "tests-only") {
    return undefined;
  }
  const { request } = await readRequest(inputs);
  const options = { applicationName: "v7 policy" };
  return (await withConnection(request.connection, (client) => isProtected(client), options))
    ? found
    : undefined;
}

function unofficialPlugin(environment: NodeJS.ProcessEnv): string | undefined {
  const file = join(environment["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), PLUGIN);
  if (!existsSync(file)) {
    return "no plugin where Pulumi installs them";
  }
  const start = Buffer.alloc(2);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, start, 0, start.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return start.toString() === "#!" ? "a script, such as our stand-in" : undefined;
}
