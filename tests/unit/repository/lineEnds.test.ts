import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeGitRepository, type GitRepository } from "../../support/gitRepository";
import { ROOT } from "../../support/repository";

/** Git's default settings on Windows, which some have on other systems too. */
const OTHER_LINE_ENDS = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"];

describe("a checkout under core.autocrlf=true", () => {
  let repository: GitRepository;
  let checkout: string;
  let files: string[];

  /** Git on the files of this checkout, with a repository of the test's own. */
  function git(...args: string[]): string {
    const GIT_DIR = join(repository.folder, ".git");
    const own = { GIT_DIR, GIT_WORK_TREE: ROOT };
    return repository.git([...OTHER_LINE_ENDS, ...args], ROOT, own);
  }

  beforeAll(() => {
    repository = makeGitRepository();
    checkout = mkdtempSync(join(tmpdir(), "v7-crlf-"));
    git("add", "--all");
    files = git("ls-files", "-z")
      .split("\0")
      .filter((file) => file !== "");
    git("checkout-index", "--all", `--prefix=${checkout}/`);
  });

  afterAll(() => {
    rmSync(checkout, { recursive: true, force: true });
    repository.remove();
  });

  it("has the same bytes as this checkout", () => {
    const bytesIn = (folder: string, file: string): string =>
      readFileSync(join(folder, file)).toString("latin1");
    const changed = files.filter((file) => bytesIn(checkout, file) !== bytesIn(ROOT, file));
    expect(changed).toEqual([]);
    expect(files.length).toBeGreaterThan(300);
  });

  it("has LF in every script, and leaves the bytes of sql/ unchanged", () => {
    const isScript = (file: string): boolean =>
      readFileSync(join(ROOT, file)).subarray(0, 2).toString("latin1") === "#!";
    const attributes = git("check-attr", "text", "eol", "--", ...files).split("\n");
    const has = (file: string, ...words: string[]): boolean =>
      words.every((word) => attributes.includes(`${file}: ${word}`));
    const scripts = files.filter(isScript);
    expect(scripts).toEqual(expect.arrayContaining([".ci/run", "cli/v7.cjs"]));
    expect(scripts.filter((file) => !has(file, "eol: lf"))).toEqual([]);
    const bytes = files.filter((file) => file.startsWith("sql/"));
    expect(bytes.filter((file) => !has(file, "text: unset"))).toEqual([]);
  });
});
