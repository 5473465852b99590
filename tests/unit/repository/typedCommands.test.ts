import { BRANCHES } from "../../support/documents/branches";
import { documentCommands } from "../../support/documents/commands";
import { DEV } from "../../support/documents/dev";
import { NOT_TYPED } from "../../support/documents/notTyped";
import { PROD } from "../../support/documents/prod";

describe("the commands that tests/e2e/documents types", () => {
  const known = documentCommands().map(({ command }) => command);
  const typed = [...DEV, ...BRANCHES, ...PROD, ...NOT_TYPED].flatMap(
    ({ command }) => command ?? [],
  );

  it("include every command of the documents", () => {
    expect(known.filter((command) => !typed.includes(command))).toEqual([]);
    expect(known.length).toBeGreaterThan(100);
  });

  it("are all in a document", () => {
    expect(typed.filter((command) => !known.includes(command))).toEqual([]);
  });
});
