import { fencedBlocks } from "../markdown";
import { textOf } from "../repository";
import { besides, documented, psqlPrompt, type Step } from "./step";

const UP = /^postgresql:\/\/postgres@127\.0\.0\.1:\d+\/postgres\?sslmode=disable$/m;
/** The stack of the branch that is checked out. */
const STACK = `"$(npx v7 branch status --json | node -pe 'JSON.parse(require("fs").readFileSync(0)).stack')"`;

/** direnv's file; `watch_file` and `PATH_add` are direnv's own functions. */
const ENVRC =
  fencedBlocks(textOf("docs/branches.md")).find(({ text }) => text.includes("watch_file"))?.text ??
  "exit 1";

/** The documents' commands on the databases of branches, in the checkout of the development stack, after its story. */
export const BRANCHES: readonly Step[] = [
  besides("git checkout --quiet -b feature/typed"),
  documented("npx v7 branch", { code: 1, output: /^Usage: v7 branch / }),
  documented("npx v7 branch up", { output: UP }),
  documented("npx v7 branch status", { output: /^ {2}drift +none$/m }),
  documented("npx v7 branch url", { output: /^postgresql:\/\/postgres:[\w-]{32}@127\.0\.0\.1:/m }),
  psqlPrompt("npx v7 branch psql", "SELECT 41 + 1 AS answer", /^ *42$/m),
  documented("npx v7 branch psql -c 'SELECT 1'", { output: /^ *1$/m }),
  documented("npx v7 branch list", { output: /^feature\/typed +dev-feature-\S* +up /m }),
  documented("npx v7 branch up --ttl DAYS", { typed: "npx v7 branch up --ttl 3", output: UP }),
  documented("npx v7 branch up --seed FILE", {
    typed:
      "echo 'CREATE TABLE people (name text);' >people.sql && npx v7 branch up --seed people.sql",
    output: /loading people\.sql[^]* done$/m,
  }),
  documented("npx v7 branch up --from STACK", {
    typed: `npx v7 branch up --branch other --from ${STACK}`,
    output: /\d+ rows of \d+ tables[^]*not copied: public\.people: only in the source/,
  }),
  besides(
    `watch_file() { :; }; PATH_add() { PATH="$PWD/$1:$PATH"; }; ${ENVRC}\necho "$DATABASE_URL"`,
    {
      output: /^postgresql:\/\/postgres:[\w-]{32}@127\.0\.0\.1:/m,
    },
  ),
  documented("npx v7 drift --stack dev-NAME --url-from DATABASE_URL", {
    typed: `npx v7 drift --stack ${STACK} --url-from DATABASE_URL`,
    output: /: no drift$/m,
  }),
  besides("unset DATABASE_URL"),
  besides('git remote add origin "$ELSEWHERE/../origin.git"'),
  documented("git fetch --prune"),
  documented("npx v7 branch prune", {
    code: 3,
    output: /^other +dev-other +no branch of that name any more$/m,
  }),
  documented("npx v7 branch prune --yes", { output: /branch other: stack dev-other is gone/ }),
  documented("npx v7 branch down --branch NAME", {
    typed: "npx v7 branch down --branch other",
    output: /branch other has no database/,
  }),
  documented("npx v7 branch down", { output: /branch feature\/typed: stack \S+ is gone/ }),
  // A shared state: a folder in place of the bucket.
  besides(`unset PULUMI_CONFIG_PASSPHRASE; mkdir -p "$ELSEWHERE/bucket"`),
  besides('export V7_BACKEND_URL="file://$(cd "$ELSEWHERE/bucket" && pwd | sed "s/ /%20/g")"'),
  documented("export PULUMI_CONFIG_PASSPHRASE_FILE=~/v7-branches.passphrase", {
    typed:
      "echo 'of branches' >~/v7-branches.passphrase; export PULUMI_CONFIG_PASSPHRASE_FILE=~/v7-branches.passphrase",
  }),
  documented("npm run engine && . .v7/env"),
  documented("sed -i.bak '/^encryptionsalt:/d' Pulumi.dev.yaml"),
  documented("pulumi stack init dev --secrets-provider passphrase"),
  documented("pulumi config set v7:database external --stack dev"),
  documented("pulumi config set v7:host HOST --stack dev", {
    typed: "pulumi config set v7:host db.example.com --stack dev",
  }),
  documented("pulumi config set v7:user LOGIN --stack dev", {
    typed: "pulumi config set v7:user v7_branches --stack dev",
  }),
  documented("pulumi config set v7:databaseName v7 --stack dev"),
  documented("pulumi config set v7:templateDatabase TEMPLATE --stack dev", {
    typed: "pulumi config set v7:templateDatabase template_v7 --stack dev",
  }),
  documented("pulumi config set --secret v7:password --stack dev", { input: "a password\n" }),
  documented("pulumi config set --secret v7:password", { input: "a password\n" }),
  documented(
    "git add Pulumi.dev.yaml && git commit -m 'Databases of branches are on a shared server'",
    {
      output: /Databases of branches/,
    },
  ),
  besides("unset V7_BACKEND_URL PULUMI_CONFIG_PASSPHRASE_FILE; git checkout --quiet main"),
];
