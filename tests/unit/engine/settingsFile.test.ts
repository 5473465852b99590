import { readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  databaseOf,
  hasNoSettings,
  isAsNew,
  settingsFile,
  writeNewSettings,
} from "../../../engine/settingsFile";

const STACK = `test-${String(process.pid)}`;

function write(...lines: readonly string[]): void {
  writeFileSync(settingsFile(STACK), `${lines.join("\n")}\n`);
}

afterEach(() => {
  rmSync(settingsFile(STACK), { force: true });
});

describe("a stack's settings file", () => {
  it("is as npm start wrote it, with any key", () => {
    write(
      "encryptionsalt: v1:a",
      "config:",
      "  v7:database: embedded",
      '  v7:requireApproval: "false"',
    );
    expect(isAsNew(STACK)).toBe(true);
  });

  it.each([
    ["another database", ["  v7:database: docker", '  v7:requireApproval: "false"']],
    [
      "a further setting",
      ["  v7:database: embedded", '  v7:requireApproval: "false"', '  v7:postgresMajor: "15"'],
    ],
    ["a setting taken away", ["  v7:database: embedded"]],
    ["a secret", ["  v7:database:", "    secure: v1:abc", '  v7:requireApproval: "false"']],
  ])("is not as npm start wrote it if it has %s", (_what, lines) => {
    write("config:", ...lines);
    expect(isAsNew(STACK)).toBe(false);
  });

  it("names the stack's database, or none if there is no file", () => {
    expect(databaseOf(STACK)).toBeUndefined();
    write("config:", "  v7:database: docker");
    expect(databaseOf(STACK)).toBe("docker");
  });

  it.each([
    ["does not exist", undefined],
    ["was left empty by ^C", ""],
    ["has only a key", "encryptionsalt: v1:a\n"],
  ])("gets the settings of an embedded server, and keeps its key, if it %s", (_what, text) => {
    if (text !== undefined) {
      writeFileSync(settingsFile(STACK), text);
    }
    expect(hasNoSettings(STACK)).toBe(true);
    writeNewSettings(STACK);
    expect([hasNoSettings(STACK), isAsNew(STACK)]).toEqual([false, true]);
    expect(readFileSync(settingsFile(STACK), "utf8")).toContain(text ?? "");
  });
});
