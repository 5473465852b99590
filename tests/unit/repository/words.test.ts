import ts from "typescript";
import { filesBelow, textOf } from "../../support/repository";

/** What a fault says it found, or expected, is a thing with a name: no word that points at something said elsewhere. */
const POINTING =
  /^(it|its|that|this|these|those|them|they|he|she|who|whom|which|what|one (that|which|whose|who|with|without))\b(?! \w*(row|file|folder|setting|project|stack|database|port|machine|server|table|login|plan|key|name)\b)/;

/** Turns that a good engineer would not write, and what to write in their place. */
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

describe("the program's words", () => {
  const texts = filesBelow()
    .filter((file) => /^(runner|cli|components|engine|policy)\/.*\.ts$/.test(file))
    .flatMap((file) => textsOf(file, textOf(file)));

  it("name what was found and what was expected, never by a pronoun", () => {
    const isWrong = ({ property, text }: Text): boolean =>
      (property === "found" || property === "expected") && POINTING.test(text);
    expect(texts.filter(isWrong).map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
    expect(texts.filter(({ property }) => property === "found").length).toBeGreaterThan(150);
  });

  it.each(BANNED)("have no %s (say: %s)", (turn) => {
    const wrong = texts.filter(({ text }) => turn.test(text));
    expect(wrong.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
  });

  it("are looked at in every form that code has for them", () => {
    const code = "fault({ found: isIt ? 'it there' : `that ${x} is`, expected: 'a thing' })";
    expect(textsOf("a.ts", code).map(({ text, property }) => [text, property])).toEqual([
      ["it there", "found"],
      ["that … is", "found"],
      ["a thing", "expected"],
    ]);
  });
});
