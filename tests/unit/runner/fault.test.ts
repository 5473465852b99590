import { Fault, FAULT_CODES, fault, messageOf } from "../../../runner/base/fault";

describe("a fault's message", () => {
  it("is CODE: what: found X, expected Y. Do Z.", () => {
    const { message } = fault("SETTING_INVALID", {
      what: 'reading "a"',
      found: "X",
      expected: "Y",
      remedy: "Do Z",
    });
    expect(message).toBe('SETTING_INVALID: reading "a": found X, expected Y. Do Z.');
  });

  it("leaves out what was expected where the finding says it", () => {
    const { message } = fault("MANIFEST_INVALID", { what: "reading", found: "X", remedy: "Do Z" });
    expect(message).toBe("MANIFEST_INVALID: reading: found X. Do Z.");
  });

  it("has further lines under it", () => {
    const detail = ["  a", "  ^"];
    const { message } = fault("SQL_UNPARSABLE", { what: "w", found: "f", remedy: "r", detail });
    expect(message).toBe("SQL_UNPARSABLE: w: found f. r.\n  a\n  ^");
  });

  it("is all that is shown: no stack trace", () => {
    const made = fault("LOCK_TIMEOUT", { what: "w", found: "f", remedy: "r" });
    expect(made.stack).toBe(made.message);
    expect([made.name, made.code, made instanceof Fault]).toEqual(["Fault", "LOCK_TIMEOUT", true]);
  });
});

describe("the codes", () => {
  it("are capital words joined by underscores, each with a meaning of its own", () => {
    const codes = Object.keys(FAULT_CODES);
    expect(codes.filter((code) => !/^[A-Z]+(_[A-Z]+)+$/.test(code))).toEqual([]);
    expect(new Set(Object.values(FAULT_CODES)).size).toBe(codes.length);
  });
});

describe("the message of anything thrown", () => {
  it.each([
    [new Error("e"), "e"],
    ["text", "text"],
    [7, "7"],
    [undefined, "undefined"],
    [null, "null"],
  ])("of %p is %j", (thrown, expected) => {
    expect(messageOf(thrown)).toBe(expected);
  });
});
