import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { FAULT_CODES } from "../../../runner/base/fault";
import { parseSettings } from "../../../runner/settings/stackSettings";
import { faultOf } from "../../support/faults";
import { filesBelow, ROOT, textOf } from "../../support/repository";

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const { scripts, dependencies, devDependencies } = JSON.parse(textOf("package.json")) as Package;
const documents = filesBelow().filter(
  (path) => path.endsWith(".md") && path !== "docs/ARCHITECTURAL_DIRECTIVE_005.md",
);

/** Every match's first group, with its document. */
function findAll(pattern: RegExp): { readonly path: string; readonly found: string }[] {
  return documents.flatMap((path) =>
    [...textOf(path).matchAll(pattern)].map(([, found = ""]) => ({ path, found })),
  );
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  return [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the documents", () => {
  it("link only to files and headings that exist", () => {
    const links = findAll(/\]\(([^)\s]+)\)/g).filter(({ found }) => !/^[a-z]+:/.test(found));
    const broken = links.filter(({ path, found }) => {
      const [file = "", anchor] = found.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), file));
      return (
        !existsSync(join(ROOT, target)) ||
        (anchor !== undefined && !anchorsOf(target).includes(anchor))
      );
    });
    expect(broken).toEqual([]);
    expect(links.length).toBeGreaterThan(20);
  });

  it("name only scripts that package.json has", () => {
    const named = [
      ...findAll(/npm run ([a-z:0-9]+)/g),
      ...findAll(/npm (start|stop|test)\b/g),
    ].filter(({ found }) => !(found in scripts));
    expect(named).toEqual([]);
  });
});

describe("the README's table of settings", () => {
  it("has exactly the settings of the program", async () => {
    // The settings themselves say which there are: an unknown name is refused with a list of all.
    const { message } = await faultOf(() => parseSettings({ zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz: "" }));
    const [, known = ""] = /expected one of (.*?)\. /.exec(message) ?? [];
    const rows = [...textOf("README.md").matchAll(/^\| `(v7:\w+)`/gm)].map(([, name]) => name);
    expect(rows.sort()).toEqual(known.split(", ").sort());
  });
});

describe("DATABASE_WORKFLOW.md", () => {
  const workflow = textOf("docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md");

  it("names every file of sql/ad_005 except signed approvals", () => {
    const folder = "sql/ad_005";
    const files = filesBelow(folder)
      .map((path) => path.slice(folder.length + 1))
      .filter((path) => !/^approvals\/.*\.json(\.sig)?$/.test(path));
    expect(files.filter((path) => !workflow.includes(`| \`${path}\``))).toEqual([]);
  });
});

describe("docs/runbook.md", () => {
  it("names faults by their codes, each once, with a link to its heading", () => {
    const rows = [
      ...textOf("docs/runbook.md").matchAll(/^\| \[([A-Z_]+)\]\(errors\.md#([a-z_]+)\)/gm),
    ];
    expect(rows.filter(([, code, anchor]) => code?.toLowerCase() !== anchor)).toEqual([]);
    const codes = rows.map(([, code = ""]) => code);
    expect(codes.filter((code) => !(code in FAULT_CODES))).toEqual([]);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe("docs/contributing.md", () => {
  const contributing = textOf("docs/contributing.md");

  it("has a reason for every dependency", () => {
    const names = Object.keys({ ...dependencies, ...devDependencies });
    expect(names.filter((name) => !contributing.includes(`\`${name}\``))).toEqual([]);
  });

  it("has at most 80 lines", () => {
    expect(contributing.trimEnd().split("\n").length).toBeLessThanOrEqual(80);
  });
});

describe("docs/engine.md", () => {
  it("names every variable V7_… that the sources read", () => {
    const sources = ["cli", "engine", "runner"]
      .flatMap((folder) => filesBelow(folder))
      .filter((path) => /\.(ts|mjs|cjs)$/.test(path));
    const read = sources.flatMap((path) =>
      [...textOf(path).matchAll(/["\s{.](V7_[A-Z_]+)\b(?=["\s:]|$)/gm)].map(([, name]) => name),
    );
    const document = textOf("docs/engine.md");
    expect([...new Set(read)].filter((name) => !document.includes(`| \`${name ?? ""}\``))).toEqual(
      [],
    );
  });
});

describe("docs/decisions", () => {
  const folder = "docs/decisions";
  const records = filesBelow(folder).filter((path) => !path.endsWith("README.md"));

  it("has short records of one form: the decision, why, and what it costs", () => {
    const odd = records.filter((path) => {
      const text = textOf(path);
      const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
      const isShort = text.split("\n").length <= 40;
      const form = ["Decision", "Why", "What it costs"].join();
      return !isShort || headings.slice(1).join() !== form || /^## .*\n\n(#|$)/m.test(text);
    });
    expect(odd).toEqual([]);
  });

  it("numbers its records without gaps, and lists each with its title", () => {
    const numbers = records.map((path) => Number(/\/(\d{4})-/.exec(path)?.[1]));
    expect(numbers).toEqual(records.map((_, index) => index + 1));
    const rows = [
      ...textOf(`${folder}/README.md`).matchAll(/^\| \[\d+\]\((.*?)\) +\| (.*?) +\|$/gm),
    ].map(([, file = "", title = ""]) => [`${folder}/${file}`, title]);
    expect(rows).toEqual(records.map((path) => [path, /^# (.*)$/m.exec(textOf(path))?.[1]]));
    expect(rows.length).toBeGreaterThan(10);
  });
});

describe("README.md", () => {
  it("has fewer than 200 lines", () => {
    expect(textOf("README.md").trimEnd().split("\n").length).toBeLessThan(200);
  });
});
