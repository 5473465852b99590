import { DatabaseError } from "pg";
import { cloneFault, obstaclesFault } from "../../../runner/clone/cloneFault";

function refused(code: string, message: string, detail?: string): DatabaseError {
  return Object.assign(new DatabaseError(message, 0, "error"), { code, detail });
}

describe("what a server refuses while it clones", () => {
  it("is told with what to do where its disk is full", () => {
    const error = refused("53100", 'could not extend file "base/5/1": No space left on device');
    expect(cloneFault("cloning", error).message).toBe(
      'CLONE_REFUSED: cloning: found could not extend file "base/5/1": No space left on device (SQLSTATE 53100). ' +
        "Make room on the server's disk, then run again: what was begun is taken away by itself.",
    );
  });

  it("is told in the server's words, detail and all, where nothing more is known", () => {
    const error = refused("22023", "invalid locale", "It is not the template's.");
    expect(cloneFault("cloning", error).message).toBe(
      "CLONE_REFUSED: cloning: found invalid locale (SQLSTATE 22023). Correct what the server names, then run again.\n" +
        "  detail: It is not the template's.",
    );
  });

  it("is the fault itself where it is one already", () => {
    const fault = obstaclesFault("cloning", [{ found: "a", expected: "b", remedy: "C" }]);
    expect(cloneFault("cloning", fault)).toBe(fault);
  });
});

it("several obstacles are one fault, a line each", () => {
  const obstacle = (name: string) => ({ found: name, expected: `no ${name}`, remedy: "Do it" });
  expect(obstaclesFault("cloning", ["a", "b"].map(obstacle)).message).toBe(
    "CLONE_REFUSED: cloning: found a, expected no a. Do it.\n  - also b, expected no b. Do it.",
  );
});
