import { DatabaseError } from "pg";
import { cloneFault, obstaclesFault } from "../../../runner/clone/cloneFault";

function refused(code: string, message: string, detail?: string): DatabaseError {
  return Object.assign(new DatabaseError(message, 0, "error"), { code, detail });
}

describe("a server's refusal while it clones", () => {
  it("is shown with a remedy if the server's disk is full", () => {
    const error = refused("53100", 'could not extend file "base/5/1": No space left on device');
    expect(cloneFault("cloning", error).message).toBe(
      'CLONE_REFUSED: cloning: found could not extend file "base/5/1": No space left on device (SQLSTATE 53100). ' +
        "Make room on the server's disk, then run again: what was begun is taken away by itself.",
    );
  });

  it("is shown in the server's words with its detail in all other cases", () => {
    const error = refused("22023", "invalid locale", "It is not the template's.");
    expect(cloneFault("cloning", error).message).toBe(
      "CLONE_REFUSED: cloning: found invalid locale (SQLSTATE 22023). Correct what the server names, then run again.\n" +
        "  detail: It is not the template's.",
    );
  });

  it("is kept unchanged if it is a fault already", () => {
    const fault = obstaclesFault("cloning", [{ found: "a", expected: "b", remedy: "C" }]);
    expect(cloneFault("cloning", fault)).toBe(fault);
  });
});

it("obstaclesFault puts several obstacles into one fault, one on each line", () => {
  const obstacle = (name: string) => ({ found: name, expected: `no ${name}`, remedy: "Do it" });
  expect(obstaclesFault("cloning", ["a", "b"].map(obstacle)).message).toBe(
    "CLONE_REFUSED: cloning: found a, expected no a. Do it.\n  - also b, expected no b. Do it.",
  );
});
