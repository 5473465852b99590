/** The help texts of engine/bootstrap.mjs's verbs. Plain JavaScript, so that a machine with only Node.js can show them. */
export const HELP = {
  start: `npm start [-- --stack NAME] [--verbose]

Makes a PostgreSQL of your own and applies the directive to it, or brings it up
to date: packages, engine, plugins, the stack, pulumi up. It needs Node.js, npm,
npm's registry, and Pulumi's download host or a Go module proxy. A second run
changes nothing.

  -s, --stack NAME  the stack (default: dev); a new one gets its own server
  --verbose         show all of Pulumi's output, and the stack's status; without
                    it the output is in .v7/logs, and only errors are shown

Exit codes: 0 it is up, else something failed: correct it and run it again.
More: docs/engine.md
`,
  stop: `npm stop [-- --destroy [--stack NAME]]

Stops the embedded servers of all stacks of this checkout. Their data stays:
npm start starts them again.

  --destroy         first destroy and remove a stack, its server with all data
  -s, --stack NAME  the stack to destroy (default: dev)

Exit codes: 0 stopped, else something failed
`,
  test: `npm test [-- PART... [OPTION...]]

Runs every check and every layer of tests; the last line is
"N passed, N failed".

  PART          only these: format:check, lint, typecheck, unit, component,
                policy, integration, e2e
  OPTION        everything from the first dash on goes to jest:
                npm test -- unit --testPathPatterns plan
  --all-majors  integration tests on PostgreSQL 15 to 18, as nightly

Exit codes: 0 all passed, 1 else. More: docs/contributing.md
`,
  engine: `npm run engine

Prepares the packages, the Pulumi engine, its plugins and .v7/env, and makes no
stack.

Exit codes: 0 prepared, 1 a fault that the message names. More: docs/engine.md
`,
  doctor: `npm run doctor [-- --json]

Lists what was found of what this project needs (version, place) and what is
missing. Changes nothing.

  --json  print JSON

Exit codes: 0 nothing is missing, 1 something is missing
`,
};
