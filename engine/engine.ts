import { readOptions } from "./command";
import { prepareEngine } from "./prepare";
import { say } from "./progress";

/**
 * `npm run engine`: prepares the engine, its plugins and `.v7/env`, and makes no stack. Afterwards `. .v7/env` has `pulumi`
 * on PATH, for a machine that works on another stack than `dev`.
 *
 * @returns 0
 * @throws ENGINE_MISSING, PLUGIN_MISSING, COMMAND_INVALID
 */
export async function main(args: readonly string[]): Promise<number> {
  readOptions("npm run engine", args, {});
  const { version, bin } = await prepareEngine();
  say(`Pulumi ${version} in ${bin}; to type it yourself:  . .v7/env`);
  return 0;
}
