import ts from "typescript";
import { filesBelow, textOf } from "../../support/repository";

/** A fault names the thing that it found or expected, without a word that points at another sentence. */
const POINTING =
  /^(it|its|that|this|these|those|them|they|he|she|who|whom|which|what|one (that|which|whose|who|with|without))\b(?! \w*(row|file|folder|setting|project|stack|database|port|machine|server|table|login|plan|key|name)\b)/;

/** Riddles, and the plain words in their place. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\bnot to be had\b/, "could not get"],
  [/\bas things are\b/, "in its current state"],
  [/\bat hand\b/, "available"],
  [/\bKnow that\b/, "say it"],
  [/\bnone of ours\b/, "not this project's"],
  [/\bwas made ready\b/, "was prepared"],
  [
    /\bstands? (already|still|in|on|there|here|above|below|beside|behind)\b/,
    "is, or has been applied",
  ],
  [/\bwhat stands\b/, "what is there, or has been applied"],
  [/\b(goes|go) on from where\b/, "continues"],
];

/** The same in titles of tests. */
const BANNED_IN_TITLES: typeof BANNED = [
  ...BANNED,
  [/\bis had\b/, "has"],
  [/\bminds\b/, "ignores"],
  [/\bbesides\b/, "also"],
  [/\bwhat lies\b/, "the file"],
  [/\bwould be found\b/, "is checked for"],
  [/\bstands?\b(?!-)/, "is, or has been applied"],
  [/\blies?\b/, "is"],
  [/\b(is|are) (told|said)\b/, "is shown, gets"],
  [/\banew\b/, "again"],
  [/\bbrought back\b/, "restored"],
  [/\b(taken?|takes|gone) back\b/, "rolled back"],
  [/\bcomes? up\b/, "starts"],
  [/\bbeside\b/, "next to, in addition to"],
  [/\bwhere (it|they|there) (is|are)\b/, "if it is"],
];

interface Text {
  readonly place: string;
  readonly text: string;
  /** The property of an object that it is the value of: `found` of a fault. */
  readonly property: string | undefined;
}

/** Every text of a file's code, a template with its holes as `…`. */
function textsOf(file: string, code: string): Text[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const texts: Text[] = [];
  const visit = (node: ts.Node, property: string | undefined): void => {
    const text = literalText(node);
    if (text !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      texts.push({ place: `${file}:${String(line + 1)}`, text, property });
    }
    const below = ts.isPropertyAssignment(node) ? node.name.getText() : property;
    const isOwnText = ts.isConditionalExpression(node) || ts.isParenthesizedExpression(node);
    ts.forEachChild(node, (child) => {
      visit(child, ts.isPropertyAssignment(node) || isOwnText ? below : undefined);
    });
  };
  visit(source, undefined);
  return texts;
}

function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) {
    return node.text;
  }
  return ts.isTemplateExpression(node)
    ? node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("")
    : undefined;
}

/** The titles of a file's tests: the first argument of each describe and it. */
function titlesOf(file: string, code: string): Text[] {
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true);
  const titles: Text[] = [];
  const visit = (node: ts.Node): void => {
    const [title] = ts.isCallExpression(node) ? node.arguments : [];
    const text = title === undefined ? undefined : literalText(title);
    if (text !== undefined && /^(describe|it)\b/.test(node.getText())) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      titles.push({ place: `${file}:${String(line + 1)}`, text, property: undefined });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

describe("the program's words", () => {
  const texts = filesBelow()
    .filter((file) => /^(runner|cli|components|engine|policy)\/.*\.ts$/.test(file))
    .flatMap((file) => textsOf(file, textOf(file)));

  it("name the found and the expected things without a pronoun", () => {
    const isWrong = ({ property, text }: Text): boolean =>
      (property === "found" || property === "expected") && POINTING.test(text);
    expect(texts.filter(isWrong).map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
    expect(texts.filter(({ property }) => property === "found").length).toBeGreaterThan(150);
  });

  it.each(BANNED)("never use %s (say: %s)", (turn) => {
    const wrong = texts.filter(({ text }) => turn.test(text));
    expect(wrong.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
  });

  it("are found in every form of a text in code", () => {
    const code = "fault({ found: isIt ? 'it there' : `that ${x} is`, expected: 'a thing' })";
    expect(textsOf("a.ts", code).map(({ text, property }) => [text, property])).toEqual([
      ["it there", "found"],
      ["that … is", "found"],
      ["a thing", "expected"],
    ]);
  });
});

describe("the titles of tests", () => {
  const titles = filesBelow("tests")
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap((file) => titlesOf(file, textOf(file)));

  it.each(BANNED_IN_TITLES)("never use %s (say: %s)", (turn) => {
    const wrong = titles.filter(({ text }) => turn.test(text));
    expect(wrong.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
    expect(titles.length).toBeGreaterThan(1500);
  });

  it("are found in describe, it and it.each", () => {
    const code =
      "describe('a', () => { it(`b ${x}`, f); it.each([['no']])('c', g); expect('no'); });";
    expect(titlesOf("a.ts", code).map(({ text }) => text)).toEqual(["a", "b …", "c"]);
  });
});
