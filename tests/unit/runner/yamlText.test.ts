import { YamlText } from "../../../runner/base/yamlText";

const found = (text: string | Uint8Array): string | undefined =>
  new YamlText(Buffer.from(text)).found;

/** Nine levels of nine aliases each: they expand to 3 billion values. */
const LAUGHS = ["a0: &a0 [lol]"]
  .concat(
    Array.from(
      { length: 9 },
      (_, at) =>
        `a${String(at + 1)}: &a${String(at + 1)} [${Array.from({ length: 9 }, () => `*a${String(at)}`).join(", ")}]`,
    ),
  )
  .join("\n");

describe("a YAML file", () => {
  it("is read as its value, with the line ends of any system", () => {
    const { value, found: none } = new YamlText(
      Buffer.from("a: [1, x]\r\nb:\r\n  c: true # ä\r\n"),
    );
    expect([value, none]).toEqual([{ a: [1, "x"], b: { c: true } }, undefined]);
  });

  it.each([
    ["a: &x 1\n", "1:7: the anchor &x, which these files do not use"],
    ["a: !!binary aGk=\n", "the tag tag:yaml.org,2002:binary, which these files do not use"],
    ["a: !mine 1\n", "1:4: Unresolved tag: !mine"],
    ["a:\n  ? [b]\n  : 1\n", "2:5: a key that is not a name"],
    ["1: a\n", "1:1: a key that is not a name"],
    ["__proto__: a\n", "1:1: a key that is not a name"],
    ["a: 1\na: 2\n", "2:1: Map keys must be unique"],
    ["a: 1\n---\nb: 1\n", "2:1: Source contains multiple documents"],
    ["a: [\n", "2:1: Flow sequence in block collection must be"],
    ['a: "x\\0"\n', "1:4: the hidden character [U+0000]"],
    ["a: 1\n# \u202eb\n", "2:3: the hidden character [U+202E]"],
    ["\ufeffa: 1\n", "1:1: the hidden character [U+FEFF]"],
    [`${"[".repeat(30)}${"]".repeat(30)}`, "more than 12 levels"],
  ])("is refused with the position of the fault: %j", (text, expected) => {
    expect(found(text)).toContain(expected);
  });

  it("is refused if it has an alias, before the alias is expanded", () => {
    const began = Date.now();
    expect(found(LAUGHS)).toMatch(/^1:9: the anchor &a0, .*; 2:9: the anchor &a1, /);
    expect(found("a: [1]\nb: *a\n")).toMatch(/^2:4: /);
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it("is refused if it nests without end, is too large, or is not UTF-8", () => {
    expect(found("[".repeat(20_000))?.length).toBeLessThan(5000);
    expect(found(`# ${"x".repeat(262_144)}\n`)).toBe("more than 256 KiB");
    expect(found(new Uint8Array([0x61, 0x3a, 0xff]))).toBe("bytes that are not UTF-8");
  });

  it("gives the position of a value, or of its nearest parent", () => {
    const yaml = new YamlText(Buffer.from("a:\n  - b: 1\n    c: 2\n"));
    yaml.refuse(["a", 0, "c"], "one");
    yaml.refuse(["a", 0, "missing"], "two");
    yaml.refuse([], "three");
    expect(yaml.found).toBe("3:5: one; 2:5: two; 1:1: three");
  });
});
