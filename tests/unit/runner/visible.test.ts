import { fault, messageOf } from "../../../runner/base/fault";
import { visible, visibleJson } from "../../../runner/base/visible";

/** ESC, a C1 control, BEL, a bidirectional override and isolate, a zero width, a soft hyphen, a tag, an invisible letter, a line end. */
const HIDDEN = "\u001b\u009b\u0007\r\u202e\u2066\u200b\u00ad\u{e0041}\u3164\ufe0f\u2028\ud800";

describe("visible text", () => {
  it("shows the code points of hidden characters, and keeps letters, line ends and tabs", () => {
    expect(visible("a\u001b[2Jb\u202ec\td\n\u{1f600}é")).toBe(
      "a[U+001B][2Jb[U+202E]c\td\n\u{1f600}é",
    );
    expect(visible(HIDDEN)).toMatch(/^(?:\[U\+[0-9A-F]{4,5}\]){13}$/);
  });

  it("does not change if it is made visible again", () => {
    expect(visible(visible(HIDDEN))).toBe(visible(HIDDEN));
  });

  it("is the text of every fault, and of the message of anything thrown", () => {
    const parts = { what: "reading", found: HIDDEN, remedy: "Do", detail: [HIDDEN] };
    const thrown = fault("SETTING_INVALID", parts);
    expect(thrown.message).toContain("[U+202E]");
    expect(visible(thrown.message)).toBe(thrown.message);
    expect(visible(thrown.stack ?? "")).toBe(thrown.stack);
    expect(messageOf(new Error("\u001b[2J"))).toBe("[U+001B][2J");
  });
});

describe("visible JSON", () => {
  it("has the same data, with hidden characters escaped", () => {
    const value = { [HIDDEN]: [HIDDEN, "\u{1f600}"] };
    for (const indent of [undefined, 2]) {
      const text = visibleJson(value, indent);
      expect(visible(text)).toBe(text);
      expect(JSON.parse(text)).toEqual(value);
    }
    expect(visibleJson("\u202e\u{e0041}")).toBe('"\\u202e\\udb40\\udc41"');
  });
});
