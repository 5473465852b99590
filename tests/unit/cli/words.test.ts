import { Command } from "commander";
import { makeProgram } from "../../../cli";
import { answerWords } from "../../../cli/words";
import { textOf } from "../../support/repository";
import { v7 } from "../../support/v7";

jest.setTimeout(120_000);

/** Every such word, with its message. */
async function answers(): Promise<ReadonlyMap<string, string>> {
  const program = new Command("v7").exitOverride();
  answerWords(program);
  const found = new Map<string, string>();
  for (const word of program.commands.map((command) => command.name())) {
    const answer = await program.parseAsync(["node", "v7", word, "--stack", "prod", "more"]).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    found.set(word, answer);
  }
  return found;
}

describe("a word that is not a verb", () => {
  it("is refused with a message that names one command", async () => {
    const found = await answers();
    for (const [word, answer] of found) {
      expect(answer).toBe(
        `COMMAND_INVALID: reading the command line: found "v7 ${word}", expected a verb that v7 --help lists. Run ${answer.split(". Run ")[1] ?? ""}`,
      );
    }
    expect([...found.keys()]).toEqual(
      expect.arrayContaining(
        "up start init preview migrate deploy apply destroy test undo sign history sql".split(" "),
      ),
    );
  });

  it("is refused with a command that exists", async () => {
    const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
    const verbs = makeProgram().commands.map((verb) => verb.name());
    const messages = [...(await answers()).values()];
    const commands = [...new Set(messages.map((message) => message.split(". Run ")[1] ?? ""))];
    const unknown = commands.filter((command) => {
      const [, script = "", verb = ""] =
        /^(?:npm (?:run )?(\w+)|npx v7 (\w+)|pulumi up )/.exec(command) ?? [];
      return !command.startsWith("pulumi up ") && !(script in scripts) && !verbs.includes(verb);
    });
    expect(unknown).toEqual([]);
    expect(commands.length).toBeGreaterThan(8);
  });

  it("ends with exit code 1 and one message, and is not in --help", () => {
    expect(v7(["up", "--stack", "prod"])).toEqual({
      status: 1,
      stdout: "",
      stderr:
        'COMMAND_INVALID: reading the command line: found "v7 up", expected a verb that v7 --help lists. Run npm start.\n',
    });
    expect(v7(["--help"]).stdout).not.toMatch(/^ {2}(up|deploy|undo) /m);
  });
});
