import ts from "typescript";
import { parse } from "yaml";
import { findDirectives } from "../../../runner/directive/directive";
import { readLock } from "../../../runner/directive/readLock";
import { SQL_FOLDER } from "../../support/directive";
import { filesBelow, textOf } from "../../support/repository";

/** The runner's own schema, which a directive's step makes: the runner may name its objects. */
const OWN = "v7_control";

/** The first step of a new directive has the same id as one of ad_005. */
const ALLOWED = "runner/authoring/newDirective.ts: section_1";

/** A directive's name, and those of its steps, roles and objects; without plain words such as `status`. */
function namesOf(directive: string): readonly string[] {
  const { roles } = parse(textOf(`sql/${directive}/access.yaml`)) as { roles: object };
  const objects = readLock(SQL_FOLDER, directive).steps.flatMap(({ step, statements }) =>
    step === OWN
      ? []
      : [step, ...statements.flatMap(({ added }) => added.map(({ id }) => id.name))],
  );
  return [directive, ...Object.keys(roles), ...objects].filter((name) => /\w[_\d]/.test(name));
}

/** The identifiers and the texts of a file, without its comments. */
function wordsOf(file: string): readonly string[] {
  const words: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isLiteralExpression(node) || ts.isTemplateLiteralToken(node)) {
      words.push(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest));
  return words;
}

describe("the code of runner/", () => {
  const names = [...new Set(findDirectives(SQL_FOLDER).flatMap(namesOf))];

  it.each(["ad_005", "section_7", "phase_number_unique", "v7_ci", "v7_migration_dashboard"])(
    "is searched for %s",
    (name) => {
      expect(names).toContain(name);
    },
  );

  it("has no name of a directive", () => {
    const found = filesBelow("runner").flatMap((file) => {
      const text = file.endsWith(".ts") ? wordsOf(file).join("\n") : "";
      return names.filter((name) => text.includes(name)).map((name) => `${file}: ${name}`);
    });
    expect(found).toEqual([ALLOWED]);
  });
});
