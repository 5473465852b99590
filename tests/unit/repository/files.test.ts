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
  it("are files of at most 300 lines, tests of 400, blank ones and comments left out", () => {
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

  it("end their lines with LF and themselves with one", () => {
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

  it("has no SQL that its manifest does not name", () => {
    const named = manifest.steps.flatMap(({ file, inverse }) => [file, inverse?.file ?? file]);
    const run = sql.filter((path) => /^(amendments|population|rollback)\//.test(path));
    expect(run).toEqual([...new Set(named)].filter((path) => path !== "directive.sql").sort());
  });

  it("begins each of its files with a comment that says what it is", () => {
    const without = files.filter((path) => {
      const [first = ""] = textOf(`${folder}/${path}`).split("\n");
      const isBytes = path === "directive.sql" || path.endsWith(".json");
      return !isBytes && !/^(-- |# ).{10,}/.test(first);
    });
    expect(without).toEqual([]);
  });

  it("says of each amendment which article asks for it and where its inverse is", () => {
    for (const { id, file, inverse } of manifest.steps.filter(({ kind }) => kind === "amendment")) {
      const header = textOf(`${folder}/${file}`).split("\n\n")[0] ?? "";
      expect(header).toMatch(new RegExp(`^-- Amendment ${id}: `));
      expect(header).toMatch(/^-- Asked for by: Article \d/m);
      expect(header).toMatch(new RegExp(`^-- Inverse: ${inverse?.file ?? "none is needed"}`, "m"));
    }
  });

  it("says of each rollback what it takes back", () => {
    for (const { id, inverse } of manifest.steps) {
      const [first] = inverse === undefined ? [] : textOf(`${folder}/${inverse.file}`).split("\n");
      expect(first ?? `-- Rollback of ${id}: nothing`).toMatch(
        new RegExp(`^-- Rollback of ${id}: `),
      );
    }
  });
});
