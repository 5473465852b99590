import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findOnPath } from "../../engine/command";
import type { Checkout } from "./checkout";

/** The branch that the stand-in knows, with what a shell must not read in its name, and its stack. */
export const BRANCH = { name: "feature/ünï-$(id)", stack: "dev-feature" } as const;

/**
 * Stands in for `npx v7 branch …` by what there was before it: `npm start` and `npm stop` of a stack. All else is the
 * real npx, and so the real v7.
 *
 * @returns the environment in which `npx` is this
 */
export function standInForBranch({ folder }: Checkout): Record<string, string> {
  const bin = join(folder, "..", "bin");
  const stack = `--stack ${BRANCH.stack}`;
  const script = `#!/usr/bin/env bash
set -eo pipefail
[ "$1 $2" = "v7 branch" ] || exec '${findOnPath("npx") ?? ""}' "$@"
[ "$4 $5" = '--branch ${BRANCH.name}' ] || { echo "another branch: $*" >&2; exit 1; }
case "$3 $6" in
  "up ") npm start -- ${stack} ;;
  "status --json") echo '{ "stack": "${BRANCH.stack}" }' ;;
  "url ") node cli/v7.cjs url ${stack} ;;
  "url --no-password") node cli/v7.cjs url ${stack} | sed 's/:[^:@]*@/@/' ;;
  "down ") npm stop -- --destroy ${stack} ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
`;
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "npx"), script);
  chmodSync(join(bin, "npx"), 0o755);
  return { PATH: [bin, process.env["PATH"] ?? ""].join(delimiter) };
}
