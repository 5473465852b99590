import { say, step } from "../../../engine/progress";

/** The text that the work writes to standard error, on a terminal of 40 columns or in a pipe. */
async function written(isTerminal: boolean, work: () => Promise<unknown>): Promise<string> {
  let text = "";
  const write = jest.spyOn(process.stderr, "write").mockImplementation((part) => {
    text += String(part);
    return true;
  });
  const { isTTY, columns } = process.stderr;
  Object.assign(process.stderr, { isTTY: isTerminal, columns: 40 });
  const { TERM: term } = process.env;
  process.env["TERM"] = "xterm";
  try {
    await work().catch(() => undefined);
  } finally {
    Object.assign(process.stderr, { isTTY, columns });
    process.env["TERM"] = term;
    write.mockRestore();
  }
  return text.replaceAll(/\d+\.\d s/g, "N s");
}

/** The lines of the screen in the end, each as it was last overwritten. */
function screenOf(text: string): string[] {
  return text.split("\n").map((line) => line.split("\r\u001b[K").at(-1) ?? "");
}

const work = (note: (text: string) => void): Promise<number> => {
  say("meanwhile");
  note("65 created");
  return Promise.resolve(0);
};

describe("the progress of a step", () => {
  it("is written as plain lines if standard error is not a terminal", async () => {
    const text = await written(false, () => step("making it", work));
    expect(text.split("\n")).toEqual([
      "v7: making it ...",
      "v7: meanwhile",
      "v7:   done in N s, 65 created",
      "",
    ]);
  });

  it("is one line of a terminal, below the messages of the step", async () => {
    const text = await written(true, () => step("making it", work));
    expect(text).toContain("v7: making it ... N s");
    expect(screenOf(text)).toEqual(["v7: meanwhile", "v7: making it: done in N s, 65 created", ""]);
  });

  it("is cut to the terminal's width, since a wrapped line cannot be overwritten", async () => {
    const text = await written(true, () => step("x".repeat(100), work));
    const drawn = text.split("\r\u001b[K").filter((line) => line.includes("..."));
    const [first = ""] = text.split("\r\u001b[K").filter((line) => line.startsWith("v7: x"));
    expect(drawn).toEqual([]);
    expect(first.split("\n")[0]).toHaveLength(39);
  });

  it("says that the step failed if it throws or gives a bad result", async () => {
    const thrown = (): Promise<number> => Promise.reject(new Error("no"));
    expect(await written(false, () => step("it", thrown))).toContain("v7:   failed after N s\n");
    const two = (): Promise<number> => Promise.resolve(2);
    const text = await written(true, () => step("it", two, (code) => code === 0));
    expect(screenOf(text)).toEqual(["v7: it: failed after N s", ""]);
  });
});
