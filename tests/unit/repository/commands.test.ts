import { Command } from "commander";
import { makeProgram } from "../../../cli";
import { filesBelow, textOf } from "../../support/repository";

const documents = filesBelow().filter(
  (path) => path.endsWith(".md") && path !== "docs/ARCHITECTURAL_DIRECTIVE_005.md",
);

/** A command as a document has it, on one line. */
interface Named {
  readonly path: string;
  readonly command: string;
}

/** The text of fenced blocks, with continued lines joined, and of code spans, which may cross a line's end. */
function codeOf(markdown: string): readonly string[] {
  const fenced: string[] = [];
  const rest = markdown.replace(/^ *```\w*\n([^]*?)^ *```/gm, (_whole, text: string) => {
    fenced.push(...text.replaceAll(/\\\n/g, " ").split("\n"));
    return "";
  });
  const spans = [...rest.matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span.replace(/\s+/g, " "));
  return [...fenced, ...spans];
}

/** Every `npx v7 …` of the documents, up to a comment, a pipe or the next command. */
const named: readonly Named[] = documents.flatMap((path) =>
  codeOf(textOf(path)).flatMap((code) =>
    [...code.matchAll(/npx v7( [^|;#&)]*)?/g)].map(([command]) => ({ path, command })),
  ),
);

/** The verb, flags and choices of the command that the program does not have. */
function unknownOf(command: string, v7: Command): readonly string[] {
  // A quoted text is a value.
  const [verb = "", ...words] = command
    .replace(/^npx v7 ?/, "")
    .replace(/"[^"]*"?|'[^']*'?/g, "VALUE")
    .split(/\s+/);
  if (/^(--help|--version)?$/.test(verb)) {
    return [];
  }
  let found = v7.commands.find((one) => one.name() === verb);
  if (found === undefined) {
    return [verb];
  }
  // A verb may have verbs of its own.
  while (found.commands.length > 0 && /^[a-z]/.test(words[0] ?? "")) {
    const [own = ""] = words.splice(0, 1);
    found = found.commands.find((one) => one.name() === own);
    if (found === undefined) {
      return [`${verb} ${own}`];
    }
  }
  return words.flatMap((word, index) => {
    if (!/^--?[a-z]/.test(word) || word === "--help") {
      return [];
    }
    const option = found.options.find(({ long, short }) => word === long || word === short);
    const value = words[index + 1] ?? "";
    const isChoice = option?.argChoices === undefined || option.argChoices.includes(value);
    return option !== undefined && isChoice ? [] : [`${word} ${value}`];
  });
}

/** A command whose verbs have verbs of their own. */
function nested(): Command {
  const v7 = new Command("v7");
  v7.command("branch").command("up").option("--ttl <days>");
  return v7;
}

describe("the commands of the documents", () => {
  it("use only verbs, flags and choices that npx v7 has", () => {
    const v7 = makeProgram();
    expect(v7.commands.length).toBeGreaterThan(10);
    const wrong = named
      .map(({ path, command }) => ({ path, command, unknown: unknownOf(command, v7) }))
      .filter(({ unknown }) => unknown.length > 0);
    expect(wrong).toEqual([]);
    expect(named.length).toBeGreaterThan(60);
  });

  it("include every verb", () => {
    const verbs = makeProgram().commands.map((one) => one.name());
    const used = new Set(named.map(({ command }) => command.split(" ")[2]));
    expect(verbs.filter((verb) => !used.has(verb))).toEqual([]);
  });

  it.each([
    ["npx v7 plan --stack prod --action repair --out x.json", []],
    ['npx v7 psql -c "SELECT --nothing"', []],
    ["npx v7 plann --stack prod", ["plann"]],
    ["npx v7 plan --output x.json", ["--output x.json"]],
    ["npx v7 plan --action destroy", ["--action destroy"]],
  ])("are checked for unknown verbs, flags and choices: %s", (command, unknown) => {
    expect(unknownOf(command, makeProgram())).toEqual(unknown);
  });

  it.each([
    ["npx v7 branch", []],
    ["npx v7 branch up --ttl 3", []],
    ["npx v7 branch upp", ["branch upp"]],
    ["npx v7 branch up --tttl 3", ["--tttl 3"]],
  ])("are checked for unknown verbs and flags below a verb with verbs: %s", (command, unknown) => {
    expect(unknownOf(command, nested())).toEqual(unknown);
  });

  it("preview and run prod with the policy pack", () => {
    const runs = documents.flatMap((path) =>
      codeOf(textOf(path))
        .filter((code) => /^pulumi (up|preview) .*--stack prod/.test(code))
        .map((code) => ({ path, code })),
    );
    expect(runs.filter(({ code }) => !code.includes("--policy-pack policy"))).toEqual([]);
    expect(runs.length).toBeGreaterThan(3);
  });
});
