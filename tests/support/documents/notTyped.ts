import { documentCommands } from "./commands";
import { besides, type NotTyped, type Step } from "./step";

const NEEDS_FLAGS = "the name of the verb, which takes flags: typed with them elsewhere here";
const BENCH = "it measures for minutes; npm test checks its types";
const LAYER = "npm test runs it, or it would run these tests inside of them";
const BY_AUTHORING = "it makes eight servers; tests/integration/authoring types it";
const BY_TEST = "workflowDocument.test.ts runs it on an empty database, and compares what it shows";
const CLOUD = "there is no such cloud, or service, here";
const HELP = (verb: string, output: RegExp): Step => besides(`${verb} --help`, { output });

const DOCKER = "no docker engine and plugin everywhere; tests/e2e/docker.test.ts, where they are";

/** The documents' commands that begin in one of these ways, with what is checked in their place. */
const LIKE: readonly (readonly [RegExp, (command: string, ...words: string[]) => NotTyped])[] = [
  [
    // Every word must find some tests of these layers.
    /^npm test -- (.*?)(?: --all-majors)?(?: --testPathPatterns (.*))?$/,
    (command, parts = "", patterns = "") => {
      const layers = parts.replace(/ lint$/, "").replaceAll(/\w+/g, "tests/$&");
      const found = (word: string): string =>
        `find ${layers} -path '*${word}*' -name '*.test.ts' | grep .`;
      return {
        command,
        why: LAYER,
        instead: besides(patterns.split(" ").map(found).join(" && ")),
      };
    },
  ],
  [
    // A script of package.json, as npm has it.
    /^npm run (?!engine|doctor)(.*)$/,
    (command, name = "") => ({
      command,
      why: LAYER,
      instead: besides("npm run", { output: new RegExp(`^  ${name}$`, "m") }),
    }),
  ],
  [
    /^npx tsx (tests\/bench\/\S+)/,
    (command, file = "") => ({
      command,
      why: BENCH,
      instead: besides(`ls node_modules/.bin/tsx ${file}`),
    }),
  ],
  [
    /^npx v7 directive (new|lock)/,
    (command, verb = "") => ({
      command,
      why: BY_AUTHORING,
      instead: HELP(`npx v7 directive ${verb}`, verb === "new" ? /--title/ : /--check/),
    }),
  ],
];

const likeThese = documentCommands().flatMap(({ command }) =>
  LIKE.flatMap(([form, notTyped]) => {
    const [, ...words] = form.exec(command) ?? [];
    return form.test(command) ? [notTyped(command, ...words)] : [];
  }),
);

/** Every command of the documents that is not typed unchanged. */
export const NOT_TYPED: readonly NotTyped[] = [
  ...likeThese,
  { command: "npx v7 approve", why: NEEDS_FLAGS, instead: HELP("npx v7 approve", /--plan <file>/) },
  { command: "npx v7 trust", why: NEEDS_FLAGS, instead: HELP("npx v7 trust", /--signers <file>/) },
  {
    command: "npx v7 approvals add approval.txt --plan plan.json",
    why: "a text that a shell without this project prints; integration/approval/openssh.test.ts",
    instead: HELP("npx v7 approvals add", /--plan <file>/),
  },
  {
    command: "npx v7 trust keys architect.keys --name architect",
    why: "keys of a person; unit/approval/publicKeys.test.ts",
    instead: HELP("npx v7 trust keys", /--name <name>/),
  },
  { command: "npx v7 revoke", why: NEEDS_FLAGS, instead: HELP("npx v7 revoke", /--nonce <nonce>/) },
  {
    command: "pulumi state delete",
    why: "of a history that somebody rewrote; attacks/lostHead.test.ts rewrites some",
    instead: besides("pulumi state delete --help", { output: /--target-dependents/ }),
  },
  { command: "npx v7 restore", why: NEEDS_FLAGS, instead: HELP("npx v7 restore", /--list/) },
  {
    command: "npm ci",
    why: "400 MB from npm's registry; npm test and CI begin with it",
    instead: besides("npm ci --help", { output: /--omit/ }),
  },
  {
    command: "npm ci --omit=dev --ignore-scripts",
    why: "the same; the workflow `drift` begins with it",
    instead: besides("npm ci --help", { output: /--omit[^]*--ignore-scripts/ }),
  },
  {
    command: "npm ci --ignore-scripts",
    why: "the same; ignoreScripts.test.ts begins with what it leaves",
    instead: besides("npm ci --help", { output: /--ignore-scripts/ }),
  },
  {
    command: "npm rebuild",
    why: "it would run the install scripts of packages that other tests use",
    instead: besides("npm rebuild --help", { output: /npm rebuild/ }),
  },
  {
    command: "npm test",
    why: LAYER,
    instead: besides("npm run", { output: /^ {2}test:e2e$/m }),
  },
  { command: "createdb evidence", why: BY_TEST },
  { command: "gh run list --workflow drift.yml --limit 1", why: CLOUD },
  { command: "gh workflow enable drift.yml", why: CLOUD },
  {
    command:
      "psql 'host=HOST port=5432 dbname=postgres user=LOGIN sslmode=verify-full sslrootcert=certificates/supabase.crt'",
    why: "a prompt of another project's client, which is not on every machine",
  },
  {
    command: "psql -d evidence -c 'CREATE TABLE file_audit (id uuid)' -f sql/ad_005/directive.sql",
    why: BY_TEST,
  },
  { command: "createdb evidence_2", why: BY_TEST },
  { command: "psql -d evidence_2 -f sql/ad_005/directive.sql", why: BY_TEST },
  {
    command: "pulumi stack init prod --secrets-provider 'awskms://alias/NAME?region=REGION'",
    why: CLOUD,
    instead: HELP("pulumi stack init", /--secrets-provider[^]*awskms/),
  },
  {
    command: "mv sql/ad_006/rollback/section_1.proposed.sql sql/ad_006/rollback/section_1.sql",
    why: BY_AUTHORING,
  },
  {
    command: "npx v7 report --file --send",
    why: `${CLOUD}; dart.test.ts sends to a server of its own`,
    instead: HELP("npx v7 report", /--file [^]*--send /),
  },
  {
    command: "pulumi plugin install",
    why: "its download host; npm start does it where that is in reach",
    instead: HELP("pulumi plugin install", /pulumi plugin install/),
  },
  {
    command: "pulumi plugin install resource docker 5.2.0 --file FILE",
    why: DOCKER,
    instead: HELP("pulumi plugin install", /--file/),
  },
  ...["container", "port", "volume"].map((part) => ({
    command:
      part === "container"
        ? `pulumi refresh --target '**::database-server-${part}'`
        : `pulumi up --replace '**::database-server-${part}'`,
    why: DOCKER,
    instead: HELP(part === "container" ? "pulumi refresh" : "pulumi up", /--target|--replace/),
  })),
  ...[
    "docker inspect",
    "docker ps --all --filter label=v7.stack=NAME",
    "docker stats",
    "docker rm --force",
  ].map((command) => ({ command, why: DOCKER })),
  {
    command: "du -sh node_modules/@mermaid-js/tiny",
    why: "of a choice's measurement",
    instead: besides("du -sh node_modules/@mermaid-js/tiny"),
  },
  {
    command: "ssh-keygen -Y sign",
    why: "what `npx v7 approve` runs, typed in the story of prod",
  },
];
