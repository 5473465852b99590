import { commandsIn } from "../../support/documents/commands";

const FENCE = "```";

describe("the commands of a document", () => {
  it.each([
    [
      "a line of a shell's block, without its comment",
      `${FENCE}sh\nnpm start    # a server\n${FENCE}`,
      ["npm start"],
    ],
    [
      "a command that continues in the next line",
      `${FENCE}sh\nprintf '#%s' \\\n  x\n${FENCE}`,
      ["printf '#%s' x"],
    ],
    [
      "a command with a quoted text",
      `${FENCE}sh\ngit commit -m 'a # b'\n${FENCE}`,
      ["git commit -m 'a # b'"],
    ],
    [
      "a line of a crontab",
      `${FENCE}\n17 3 * * *  cd /srv && npx v7 drift\n${FENCE}`,
      ["cd /srv && npx v7 drift"],
    ],
    [
      "a line of a pipeline",
      `${FENCE}yaml\n  script:\n    - npm ci --omit=dev\n${FENCE}`,
      ["npm ci --omit=dev"],
    ],
    [
      "a code span, over a line's end",
      "Type `npx v7 plan --stack\nprod`, then wait.",
      ["npx v7 plan --stack prod"],
    ],
    [
      "no name of a program, no SQL and no output",
      `\`psql\` and\n${FENCE}sql\nSELECT 1\n${FENCE}\n${FENCE}text\nnpm start\n${FENCE}`,
      [],
    ],
  ])("include %s", (_what, markdown, commands) => {
    expect(commandsIn(markdown).map(({ command }) => command)).toEqual(commands);
  });

  it("have their lines", () => {
    const markdown = `\`npm start\`\n\n${FENCE}sh\n# a remark\nnpm stop\n${FENCE}\n\`npm test\``;
    expect(commandsIn(markdown)).toEqual([
      { command: "npm start", line: 1 },
      { command: "npm stop", line: 5 },
      { command: "npm test", line: 7 },
    ]);
  });
});
