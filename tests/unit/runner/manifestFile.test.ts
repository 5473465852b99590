import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadManifest } from "../../../runner/directive/manifest";
import { readManifestFile } from "../../../runner/directive/manifestFile";
import { faultOf } from "../../support/faults";
import {
  copySqlFolder,
  editManifest,
  PHASE_4_RECORDS,
  removeCopies,
  stepOf,
  type ManifestText,
} from "../../support/sqlFolder";

afterEach(removeCopies);

const HEAD = 'MANIFEST_INVALID: reading "sql/ad_005/manifest.yaml": found ';
const TAIL = ". Correct the manifest; docs/sql.md says what it holds.";

async function faultsOf(folder: string): Promise<string> {
  const { message } = await faultOf(() => readManifestFile(join(folder, "ad_005"), "ad_005"));
  expect([message.slice(0, HEAD.length), message.slice(-TAIL.length)]).toEqual([HEAD, TAIL]);
  return message.slice(HEAD.length, -TAIL.length);
}

/** Removes the place of each fault, which depends on how YAML was written. */
function withoutPlaces(found: string): string {
  return found.replaceAll(/(?<=^|; )\d+:\d+: /g, "");
}

async function faultsOfText(text: string): Promise<string> {
  const folder = copySqlFolder();
  writeFileSync(join(folder, "ad_005", "manifest.yaml"), text);
  return withoutPlaces(await faultsOf(folder));
}

async function faultsOfEdit(edit: (manifest: ManifestText) => void): Promise<string> {
  const folder = copySqlFolder();
  editManifest(folder, edit);
  return withoutPlaces(await faultsOf(folder));
}

describe("a manifest.yaml", () => {
  it.each([
    ["", "no mapping at the top"],
    ["[]", "no mapping at the top"],
    ["just text", "no mapping at the top"],
  ])("is refused if it is %j", async (text, expected) => {
    expect(await faultsOfText(text)).toBe(expected);
  });

  it("is refused if it is not YAML", async () => {
    expect(await faultsOfText("a: [")).toMatch(/^Flow sequence in block collection must be /);
  });

  it("is refused if a key is there twice", async () => {
    expect(await faultsOfText("title: a\ntitle: b\n")).toMatch(/^Map keys must be unique/);
  });

  it.each<[string, (manifest: ManifestText) => void, string]>([
    ["an unknown key at the top", (m) => (m["owner"] = "me"), 'the top: unknown key "owner"'],
    [
      "an unknown key of a step",
      (m) => (stepOf(m, "section_1")["sha265"] = "x"),
      'step "section_1": unknown key "sha265"',
    ],
    [
      "statements of an amendment",
      (m) => (stepOf(m, "lockdown").statements = [1, 2]),
      'step "lockdown": unknown key "statements"',
    ],
    [
      "an unknown key of an inverse",
      (m) => Object.assign(stepOf(m, "section_1").inverse ?? {}, { why: "x" }),
      'step "section_1", inverse: unknown key "why"',
    ],
    [
      "an id that is there twice",
      (m) => (stepOf(m, "section_2").id = "section_1"),
      'step "section_1" is there twice',
    ],
    [
      "an id with other characters",
      (m) => (stepOf(m, "section_2").id = "Section-2"),
      'step "Section-2": id is not lower-case letters, digits and underscores',
    ],
    [
      "an unknown kind",
      (m) => (stepOf(m, "lockdown").kind = "patch"),
      'step "lockdown": kind is not section, amendment, population, concurrent, value or backfill',
    ],
    [
      "an empty reason",
      (m) => (stepOf(m, "lockdown")["reason"] = " "),
      'step "lockdown": reason is missing',
    ],
    [
      "a digest, which belongs into lock.json",
      (m) => (m["sha256"] = "ab"),
      'the top: unknown key "sha256"',
    ],
    [
      "a former digest of another length",
      (m) => (stepOf(m, "lockdown")["formerly"] = ["ab"]),
      'step "lockdown": formerly is not a list of sha256, 64 hexadecimal digits each',
    ],
    [
      "a `required` that is neither true nor false",
      (m) => (stepOf(m, "lockdown")["required"] = "yes"),
      'step "lockdown": required is not true or false',
    ],
    [
      "a section of another file",
      (m) => (stepOf(m, "section_1").file = "amendments/lockdown.sql"),
      `step "section_1": a section's file is directive.sql`,
    ],
    [
      "an inverse that is not a mapping",
      (m) => Object.assign(stepOf(m, "section_1"), { inverse: "rollback/section_1.sql" }),
      'step "section_1": inverse is not a mapping',
    ],
    [
      "another directive's name",
      (m) => (m.directive = "ad_006"),
      `directive is not "ad_005", the folder's name`,
    ],
    [
      "records without their parts",
      (m) => (stepOf(m, "phase_4")["records"] = { table: "a.b.c", row: { id: [] }, who: "me" }),
      [
        'step "phase_4", records: unknown key "who"',
        'step "phase_4", records: table is not schema.name',
        ...["approvers", "notes", "time"].map(
          (key) => `step "phase_4", records: ${key} is missing`,
        ),
        ...["row", "set"].map(
          (key) => `step "phase_4", records: ${key} is not columns, each with a text or a number`,
        ),
      ].join("; "),
    ],
    [
      "records of a concurrent step",
      (m) => (stepOf(m, "concurrent_indexes")["records"] = PHASE_4_RECORDS),
      'step "concurrent_indexes": unknown key "records"',
    ],
    ["no steps", (m) => (m.steps = []), "steps is not a list with at least one step"],
    [
      "statements that are not a range",
      (m) => (stepOf(m, "section_1").statements = [1]),
      'step "section_1": statements is not [first, last]',
    ],
    [
      "statements that are not whole numbers",
      (m) => (stepOf(m, "section_1").statements = [1, 1.5]),
      'step "section_1": statements is not [first, last]',
    ],
  ])("is refused if it has %s", async (_what, edit, expected) => {
    expect(await faultsOfEdit(edit)).toBe(expected);
  });

  it("is refused with the line and the column of each fault", async () => {
    const folder = copySqlFolder();
    writeFileSync(
      join(folder, "ad_005", "manifest.yaml"),
      "directive: ad_005\ntitle: T\nowner: 7\nsteps:\n  - id: a\n    kind: patch\n    extra: 1\n",
    );
    expect((await faultsOf(folder)).split("; ").slice(0, 3)).toEqual([
      '3:1: the top: unknown key "owner"',
      '7:5: step "a": unknown key "extra"',
      '6:5: step "a": kind is not section, amendment, population, concurrent, value or backfill',
    ]);
  });

  it("is refused with every fault at once", async () => {
    const found = await faultsOfEdit((manifest) => {
      manifest["extra"] = 1;
      manifest.title = "";
      stepOf(manifest, "lockdown").kind = "patch";
      stepOf(manifest, "section_1")["reason"] = 7;
    });
    expect(found.split("; ")).toEqual([
      'the top: unknown key "extra"',
      "the top: title is missing",
      'step "section_1": reason is missing',
      'step "lockdown": kind is not section, amendment, population, concurrent, value or backfill',
    ]);
  });
});

describe("a manifest.yaml that is not locked yet", () => {
  const read = (edit: (manifest: ManifestText) => void) => {
    const folder = copySqlFolder();
    editManifest(folder, edit);
    return readManifestFile(join(folder, "ad_005"), "ad_005");
  };
  const open = (manifest: ManifestText, ...ids: readonly string[]): void => {
    for (const id of ids) {
      Reflect.deleteProperty(stepOf(manifest, id), "statements");
    }
  };

  it("may leave out the statements of a section, but not of two in a row", async () => {
    expect(
      read((manifest) => {
        open(manifest, "section_2", "section_4", "section_8");
      }).steps,
    ).toHaveLength(18);
    const { message } = await faultOf(() =>
      read((manifest) => {
        open(manifest, "section_4", "section_5");
      }),
    );
    expect(message).toContain(
      'step "section_4", and step "section_5" behind it, without `statements`, expected [first, last] in one of them',
    );
  });

  it("gives a section without statements those between its neighbours", async () => {
    const folder = copySqlFolder();
    editManifest(folder, (manifest) => {
      open(manifest, "section_2", "section_7");
    });
    const { steps } = await loadManifest(folder, "ad_005", true);
    const numbers = steps
      .filter(({ id }) => ["section_2", "section_7"].includes(id))
      .map(({ statements }) => statements.map(({ number }) => number));
    expect(numbers).toEqual([[2], [7, 8, 9, 10, 11, 12]]);
  });
});
