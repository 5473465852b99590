import { Command } from "commander";
import { makeProgram } from "../../../cli";
import { textOf } from "../../support/repository";

/** The verbs of `npx v7`, and those of a verb, each with what `--help` prints. */
function helpOfVerbs(): ReadonlyMap<Command, string> {
  const verbs = makeProgram().commands.flatMap((verb) => [verb, ...verb.commands]);
  return new Map(verbs.map((verb) => [verb, helpOf(verb)]));
}

/** `status`, or `branch status`. */
function nameOf(verb: Command): string {
  return verb.parent === null || verb.parent.name() === "v7"
    ? verb.name()
    : `${verb.parent.name()} ${verb.name()}`;
}

function helpOf(verb: Command): string {
  let text = "";
  verb.configureOutput({ writeOut: (part) => (text += part) });
  verb.outputHelp();
  return text;
}

/** The parts that the verb's help lacks. */
function lackOf(verb: Command, help: string): readonly string[] {
  const flags = verb.options.flatMap(({ long }) => long ?? []);
  const [, examples = ""] = /^Examples?:\n([^]*)/m.exec(help) ?? [];
  const used = [...examples.matchAll(/(?<= )--[a-z-]+/g)].map(([flag]) => flag);
  return [
    ...flags.filter((flag) => !help.includes(`${flag} `) && !help.includes(`${flag}\n`)),
    ...(/^Exit codes:\n {2}0 .*\n {2}1 /m.test(help) ? [] : ["exit codes"]),
    ...(examples.includes(`npx v7 ${nameOf(verb)}`) ? [] : ["an example"]),
    // An example of another verb is checked with that verb.
    ...examples
      .split("\n")
      .filter((line) => line.includes(`npx v7 ${nameOf(verb)}`))
      .flatMap((line) => used.filter((flag) => line.includes(flag) && !flags.includes(flag)))
      .map((flag) => `${flag}, which its example has`),
  ];
}

describe("the help of a verb", () => {
  it("has its flags, its exit codes and an example with flags that the verb has", () => {
    const verbs = [...helpOfVerbs()];
    const lacking = verbs.map(([verb, help]) => [nameOf(verb), lackOf(verb, help)] as const);
    expect(lacking.filter(([, lack]) => lack.length > 0)).toEqual([]);
    expect(lacking.length).toBeGreaterThanOrEqual(24);
  });

  it("fails this test without exit codes and an example", () => {
    const verb = new Command("bare").option("--flag", "a flag");
    expect(lackOf(verb, helpOf(verb))).toEqual(["exit codes", "an example"]);
  });
});

describe("the exit codes of npx v7", () => {
  it("are the same in --help and in the README", () => {
    const said = (text: string): readonly string[] =>
      /Exit codes:\s([^]*?)\. Every fault/
        .exec(text)?.[1]
        ?.replace(/\s+/g, " ")
        .replaceAll("`", "")
        .replaceAll("npx v7", "v7")
        .split(/[,;] /) ?? [];
    expect(said(textOf("README.md"))).toEqual(said(textOf("cli/index.ts")));
    expect(said(textOf("README.md")).length).toBeGreaterThan(3);
  });
});
