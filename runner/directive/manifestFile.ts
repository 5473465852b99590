import { sha256 as sha256Of } from "../base/sha256";
import { isSha256 } from "../base/untrustedText";
import { isMapping, type YamlPath, type YamlText } from "../base/yamlText";
import type { ApprovalRecord, Step, StepKind } from "../model";
import { readDirectiveYaml, refuseFaults, refuseOtherKeys } from "./directiveYaml";

type StepBase = Pick<
  Step,
  "id" | "title" | "reason" | "required" | "file" | "formerly" | "irreversible" | "records"
> & { readonly inverse?: { readonly file: string } };

const STEP_KINDS: readonly StepKind[] = [
  "section",
  "amendment",
  "population",
  "concurrent",
  "value",
  "backfill",
];

/** The kinds that run in the transaction in which approvals are recorded. */
const RECORDING: readonly unknown[] = ["section", "amendment", "population"];

/**
 * A step of manifest.yaml. A section is a range of directive.sql's statements, by default all that are left; a step of any
 * other kind is a whole file.
 */
export type ManifestStep =
  | (StepBase & { readonly kind: "section"; readonly statements?: readonly [number, number] })
  | (StepBase & { readonly kind: Exclude<StepKind, "section"> });

export interface ManifestFile {
  readonly title: string;
  /** Of manifest.yaml itself, byte for byte. */
  readonly fileSha256: string;
  /** The optional amendments of earlier directives that this one builds on. */
  readonly amendments: readonly string[];
  readonly steps: readonly ManifestStep[];
}

/**
 * Reads manifest.yaml and checks its form; `loadManifest` reads the files that it names.
 *
 * @throws MANIFEST_INVALID with every fault of the file, not only the first
 */
export function readManifestFile(folder: string, directive: string): ManifestFile {
  const file = readDirectiveYaml(folder, directive, "manifest.yaml");
  const { value } = file.yaml;
  const steps = file.yaml.found === undefined ? checkRoot(file.yaml, directive) : [];
  refuseFaults(file, "the manifest");
  const { title, amendments = [] } = value as Pick<ManifestFile, "title"> & Partial<ManifestFile>;
  return { title, amendments, fileSha256: sha256Of(file.bytes), steps };
}

function checkRoot(yaml: YamlText, directive: string): ManifestStep[] {
  const root = yaml.value;
  if (!isMapping(root)) {
    yaml.refuse([], "no mapping at the top");
    return [];
  }
  const top = new Place(yaml, [], "the top", root);
  top.refuseOtherKeys("directive", "title", "amendments", "steps");
  if (root["directive"] !== directive) {
    yaml.refuse(["directive"], `directive is not "${directive}", the folder's name`);
  }
  top.expectText("title");
  const { steps, amendments = [] } = root;
  if (!Array.isArray(amendments) || !amendments.every((one) => typeof one === "string")) {
    yaml.refuse(["amendments"], "amendments is not a list of ids");
  }
  if (!Array.isArray(steps) || steps.length === 0) {
    yaml.refuse(["steps"], "steps is not a list with at least one step");
    return [];
  }
  const ids = new Set<unknown>();
  const checked = steps.map((step: unknown, index) => {
    const path = ["steps", index];
    const id = isMapping(step) ? step["id"] : undefined;
    const where = `step ${typeof id === "string" ? `"${id}"` : String(index + 1)}`;
    if (!isMapping(step)) {
      yaml.refuse(path, `${where} is not a mapping`);
      return {} as ManifestStep;
    }
    if (ids.has(id)) {
      yaml.refuse([...path, "id"], `${where} is there twice`);
    }
    ids.add(id);
    return checkStep(new Place(yaml, path, where, step));
  });
  refuseOpenSections(yaml, checked);
  return checked;
}

/** Refuses two sections in a row without `statements`: where the first of them ends is unknown. */
function refuseOpenSections(yaml: YamlText, steps: readonly ManifestStep[]): void {
  const sections = [...steps.entries()].filter(([, { kind }]) => kind === "section");
  for (const [at, [index, step]] of sections.entries()) {
    const next = sections[at + 1]?.[1];
    if (isOpen(step) && next !== undefined && isOpen(next)) {
      yaml.refuse(
        ["steps", index],
        `step "${step.id}", and step "${next.id}" behind it, without \`statements\`, expected [first, last] in one of them`,
      );
    }
  }
}

function isOpen(step: ManifestStep): boolean {
  return step.kind === "section" && step.statements === undefined;
}

/** A mapping of the file, and how messages name it. */
class Place {
  public constructor(
    private readonly yaml: YamlText,
    private readonly path: YamlPath,
    private readonly where: string,
    public readonly value: Readonly<Record<string, unknown>>,
  ) {}

  public refuse(key: string, reason: string): void {
    this.yaml.refuse([...this.path, key], `${this.where}: ${reason}`);
  }

  public expect(key: string, isRight: boolean, reason: string): void {
    if (!isRight) {
      this.refuse(key, reason);
    }
  }

  public refuseOtherKeys(...known: readonly string[]): void {
    refuseOtherKeys(this.yaml, this.path, this.value, known, this.where);
  }

  public expectText(...keys: readonly string[]): void {
    for (const key of keys) {
      const text = this.value[key];
      if (typeof text !== "string" || text.trim() === "") {
        this.refuse(key, `${key} is missing`);
      }
    }
  }

  /** The mapping under that key; where there is none, notes a fault and returns undefined. */
  public inside(key: string): Place | undefined {
    const value = this.value[key];
    if (isMapping(value)) {
      return new Place(this.yaml, [...this.path, key], `${this.where}, ${key}`, value);
    }
    this.refuse(key, `${key} is not a mapping`);
    return undefined;
  }
}

function checkStep(place: Place): ManifestStep {
  const { id, kind, inverse, irreversible, formerly = [], required = true, ...step } = place.value;
  const isSection = kind === "section";
  place.refuseOtherKeys(
    ...["id", "kind", "title", "reason", "required", "file", "formerly", "inverse", "irreversible"],
    ...(isSection ? ["statements"] : []),
    ...(RECORDING.includes(kind) ? ["records"] : []),
  );
  place.expect(
    "id",
    typeof id === "string" && /^[a-z][a-z0-9_]{0,62}$/.test(id),
    "id is not lower-case letters, digits and underscores",
  );
  place.expect(
    "kind",
    STEP_KINDS.includes(kind as StepKind),
    "kind is not section, amendment, population, concurrent, value or backfill",
  );
  place.expectText("title", "reason", "file");
  place.expect("required", typeof required === "boolean", "required is not true or false");
  place.expect(
    "formerly",
    Array.isArray(formerly) && formerly.every((one) => isSha256(one)),
    "formerly is not a list of sha256, 64 hexadecimal digits each",
  );
  if (inverse !== undefined) {
    const inner = place.inside("inverse");
    inner?.refuseOtherKeys("file");
    inner?.expectText("file");
  }
  if (irreversible !== undefined) {
    place.expectText("irreversible");
    place.expect("irreversible", inverse === undefined, "irreversible is there beside an inverse");
  }
  if (isSection) {
    checkSection(place);
  }
  const records = step["records"] === undefined ? {} : { records: checkRecords(place) };
  return { ...place.value, required, ...records } as unknown as ManifestStep;
}

function checkRecords(place: Place): ApprovalRecord | undefined {
  const inner = place.inside("records");
  if (inner === undefined) {
    return undefined;
  }
  const columns = ["approvers", "notes", "time"] as const;
  inner.refuseOtherKeys("table", "row", "set", ...columns);
  const [schema = "", name = "", ...more] = String(inner.value["table"]).split(".");
  if (schema === "" || name === "" || more.length > 0) {
    inner.refuse("table", "table is not schema.name");
  }
  inner.expectText(...columns);
  return {
    ...(inner.value as unknown as ApprovalRecord),
    table: { schema, name },
    row: checkValues(inner, "row"),
    set: checkValues(inner, "set"),
  };
}

function checkValues(place: Place, key: string): Readonly<Record<string, string>> {
  const values = place.value[key];
  const found = Object.entries(isMapping(values) ? values : {});
  if (found.length === 0 || !found.every(([, one]) => /^(string|number)$/.test(typeof one))) {
    place.refuse(key, `${key} is not columns, each with a text or a number`);
  }
  return Object.fromEntries(found.map(([column, one]) => [column, String(one)]));
}

function checkSection(place: Place): void {
  const { statements, file } = place.value;
  const range: unknown[] = Array.isArray(statements) ? statements : [];
  const [first, last] = range;
  const isRange =
    range.length === 2 &&
    Number.isInteger(first) &&
    Number.isInteger(last) &&
    (first as number) <= (last as number);
  if (statements !== undefined && !isRange) {
    place.refuse("statements", "statements is not [first, last]");
  }
  if (file !== "directive.sql") {
    place.refuse("file", "a section's file is directive.sql");
  }
}
