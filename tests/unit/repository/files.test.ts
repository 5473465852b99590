import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { FAULT_CODES } from "../../../runner/base/fault";
import { filesBelow, ROOT, textOf } from "../../support/repository";

const SOURCE = /\.(ts|mjs|cjs|go|sql)$/;
const LONGEST = 300;
/** As eslint.config.mjs has it: a table of cases is long. */
const LONGEST_TEST = 400;

describe("the sources", () => {
  it("are files of at most 300 lines, tests of 400, without counting blank lines and comments", () => {
    const isWritten = (line: string): boolean => !/^\s*($|\/\/|\/?\*|--|#)/.test(line);
    const lengths = filesBelow()
      .filter((path) => SOURCE.test(path))
      .map((path) => [path, textOf(path).split("\n").filter(isWritten).length] as const);
    expect(
      lengths.filter(
        ([path, length]) => length > (path.startsWith("tests/") ? LONGEST_TEST : LONGEST),
      ),
    ).toEqual([]);
    expect(lengths.length).toBeGreaterThan(100);
  });

  it("end every line with LF, and have no empty line at their end", () => {
    const odd = filesBelow()
      .filter((path) => SOURCE.test(path))
      .filter((path) => !/[^\n]\n$/.test(textOf(path)) || textOf(path).includes("\r\n"));
    expect(odd).toEqual([]);
  });
});

describe("the codes of faults", () => {
  it("are the headings of docs/errors.md, each once", () => {
    const path = "docs/errors.md";
    expect({ [path]: existsSync(join(ROOT, path)) }).toEqual({ [path]: true });
    const headings = [...textOf(path).matchAll(/^#+ `?([A-Z]+(?:_[A-Z]+)+)`?\s*$/gm)].map(
      ([, code]) => code,
    );
    expect(headings.sort()).toEqual(Object.keys(FAULT_CODES).sort());
  });
});

describe("sql/ad_005", () => {
  const folder = "sql/ad_005";
  const manifest = parse(textOf(`${folder}/manifest.yaml`)) as {
    steps: { id: string; kind: string; file: string; inverse?: { file: string } }[];
  };
  const files = filesBelow(folder)
    .map((path) => path.slice(folder.length + 1))
    .filter((path) => !path.startsWith("approvals/"));
  const sql = files.filter((path) => path.endsWith(".sql") && path !== "directive.sql");

  it("has only SQL files that its manifest names", () => {
    const named = manifest.steps.flatMap(({ file, inverse }) => [file, inverse?.file ?? file]);
    const run = sql.filter((path) => /^(amendments|population|rollback)\//.test(path));
    expect(run).toEqual([...new Set(named)].filter((path) => path !== "directive.sql").sort());
  });

  it("has a comment in the first line of each file", () => {
    const without = files.filter((path) => {
      const [first = ""] = textOf(`${folder}/${path}`).split("\n");
      const isBytes = path === "directive.sql" || path.endsWith(".json");
      return !isBytes && !/^(-- |# ).{10,}/.test(first);
    });
    expect(without).toEqual([]);
  });

  it("names in each amendment the article that asks for it and its inverse", () => {
    for (const { id, file, inverse } of manifest.steps.filter(({ kind }) => kind === "amendment")) {
      const header = textOf(`${folder}/${file}`).split("\n\n")[0] ?? "";
      expect(header).toMatch(new RegExp(`^-- Amendment ${id}: `));
      expect(header).toMatch(/^-- Asked for by: Article \d/m);
      expect(header).toMatch(new RegExp(`^-- Inverse: ${inverse?.file ?? "none is needed"}`, "m"));
    }
  });

  it("names in the first line of each rollback the step that it undoes", () => {
    const rollbacks = manifest.steps.flatMap(({ id, inverse }) =>
      inverse === undefined ? [] : [{ id, text: textOf(`${folder}/${inverse.file}`) }],
    );
    expect(rollbacks.filter(({ id, text }) => !text.startsWith(`-- Rollback of ${id}: `))).toEqual(
      [],
    );
    expect(rollbacks.length).toBeGreaterThan(10);
  });
});
