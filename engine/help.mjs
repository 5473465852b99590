/**
 * What `npm VERB -- --help` shows, for the verbs of engine/bootstrap.mjs. Plain JavaScript: it is shown on a machine that
 * has nothing but Node.js, and nothing is set up for it.
 */
export const HELP = {
  start: `npm start [-- --stack NAME] [--verbose]

Makes a PostgreSQL of your own with the directive carried out on it, or brings
it up to date: packages, engine, plugins, the stack, pulumi up. It needs
Node.js, npm and npm's registry. Run again it changes nothing.

  -s, --stack NAME  the stack, instead of dev; a new one gets its own server
  --verbose         show all that Pulumi prints, and the stack's status; without
                    it that output is in .v7/logs, and only errors are shown

Exit codes: 0 it is up, another one where something failed: put that right and
run it again. More: docs/engine.md
`,
  stop: `npm stop [-- --destroy [--stack NAME]]

Stops the embedded servers of all stacks of this checkout. Their data stays:
npm start brings it back.

  --destroy         destroy and remove a stack first, its server as a whole,
                    with all that is in it
  -s, --stack NAME  which one, instead of dev

Exit codes: 0 stopped, another one where something failed
`,
  test: `npm test [-- PART... [OPTION...]]

Runs every check and every layer of tests; the last line is
"N passed, N failed".

  PART          these alone: format:check, lint, typecheck, unit, component,
                policy, integration, e2e
  OPTION        from the first dash on all goes to jest:
                npm test -- unit --testPathPatterns plan
  --all-majors  integration tests on PostgreSQL 15 to 18, as nightly

Exit codes: 0 all passed, 1 not. More: docs/contributing.md
`,
  engine: `npm run engine

Prepares the packages, the Pulumi engine, its plugins and .v7/env, and makes no
stack.

Exit codes: 0 prepared, 1 a fault that the message names. More: docs/engine.md
`,
  doctor: `npm run doctor [-- --json]

Tells what was found of what this project needs, in which version, where, and
what is missing; changes nothing.

  --json  print JSON

Exit codes: 0 nothing is missing, 1 something is
`,
};
