import { Fault, FAULT_CODES, fault, messageOf } from "../../../runner/base/fault";

describe("the message of a fault", () => {
  it("has the form CODE: what: found X, expected Y. Do Z.", () => {
    const { message } = fault("SETTING_INVALID", {
      what: 'reading "a"',
      found: "X",
      expected: "Y",
      remedy: "Do Z",
    });
    expect(message).toBe('SETTING_INVALID: reading "a": found X, expected Y. Do Z.');
  });

  it("leaves out the expectation if there is none", () => {
    const { message } = fault("MANIFEST_INVALID", { what: "reading", found: "X", remedy: "Do Z" });
    expect(message).toBe("MANIFEST_INVALID: reading: found X. Do Z.");
  });

  it("has the detail on further lines", () => {
    const detail = ["  a", "  ^"];
    const { message } = fault("SQL_UNPARSABLE", { what: "w", found: "f", remedy: "r", detail });
    expect(message).toBe("SQL_UNPARSABLE: w: found f. r.\n  a\n  ^");
  });

  it("is the fault's stack too, so that no stack trace is shown", () => {
    const made = fault("LOCK_TIMEOUT", { what: "w", found: "f", remedy: "r" });
    expect(made.stack).toBe(made.message);
    expect([made.name, made.code, made instanceof Fault]).toEqual(["Fault", "LOCK_TIMEOUT", true]);
  });
});

describe("the codes of faults", () => {
  it("are capital words joined by underscores, each with its own meaning", () => {
    const codes = Object.keys(FAULT_CODES);
    expect(codes.filter((code) => !/^[A-Z]+(_[A-Z]+)+$/.test(code))).toEqual([]);
    expect(new Set(Object.values(FAULT_CODES)).size).toBe(codes.length);
  });
});

describe("messageOf", () => {
  it.each([
    [new Error("e"), "e"],
    ["text", "text"],
    [7, "7"],
    [undefined, "undefined"],
    [null, "null"],
  ])("gives for the thrown %p the message %j", (thrown, expected) => {
    expect(messageOf(thrown)).toBe(expected);
  });
});
