import type { Command } from "commander";
import { fault } from "../runner/base/fault";

/** By command, the words that people try in its place. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "npm start": ["up", "start", "init", "new", "create"],
  "npm stop -- --destroy": ["destroy", "down", "delete", "remove", "rm"],
  "npm test": ["test"],
  "npm run engine": ["engine", "install", "setup"],
  "pulumi up --stack STACK --policy-pack policy": ["apply", "deploy", "migrate", "run", "execute"],
  "npx v7 plan": ["preview", "dry-run", "pending"],
  "npx v7 rollback": ["undo", "revert"],
  "npx v7 drift": ["diff", "check", "verify", "validate", "refresh"],
  "npx v7 repair": ["fix"],
  "npx v7 approve": ["sign"],
  "npx v7 approve --reject": ["reject"],
  "npx v7 status": ["history", "log", "dashboard", "show", "list", "ls"],
  "npx v7 psql": ["sql", "query", "connect", "shell", "db"],
};

/** Adds each of these words as a hidden verb, which refuses and names the right command. */
export function answerWords(program: Command): void {
  for (const [command, words] of Object.entries(WORDS)) {
    for (const word of words) {
      program
        .command(word, { hidden: true })
        .helpOption(false)
        .allowUnknownOption()
        .allowExcessArguments()
        .action(() => {
          throw fault("COMMAND_INVALID", {
            what: "reading the command line",
            found: `"v7 ${word}"`,
            expected: "a verb that v7 --help lists",
            remedy: `Run ${command}`,
          });
        });
    }
  }
}
