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

/** These run in the transaction in which approvals are recorded. */
const RECORDING: readonly unknown[] = ["section", "amendment", "population"];

/**
 * A step as manifest.yaml writes it down: a section is a range of statements, absent all that are left; everything else is
 * a whole file.
 */
export type ManifestStep =
  | (StepBase & { readonly kind: "section"; readonly statements?: readonly [number, number] })
  | (StepBase & { readonly kind: Exclude<StepKind, "section"> });

export interface ManifestFile {
  readonly title: string;
  /** Of manifest.yaml itself, byte for byte. */
  readonly fileSha256: string;
  readonly steps: readonly ManifestStep[];
}

/**
 * Reads and checks manifest.yaml's own shape; the files that it names are `loadManifest`'s business.
 *
 * @throws MANIFEST_INVALID with every fault of the file, not only the first
 */
export function readManifestFile(folder: string, directive: string): ManifestFile {
  const file = readDirectiveYaml(folder, directive, "manifest.yaml");
  const { value } = file.yaml;
  const steps = file.yaml.found === undefined ? checkRoot(file.yaml, directive) : [];
  refuseFaults(file, "the manifest");
  const { title } = value as { title: string };
  return { title, fileSha256: sha256Of(file.bytes), steps };
}

function checkRoot(yaml: YamlText, directive: string): ManifestStep[] {
  const root = yaml.value;
  if (!isMapping(root)) {
    yaml.refuse([], "no mapping at the top");
    return [];
  }
  const top: Place = { yaml, path: [], where: "the top" };
  refuseOtherKeys(yaml, [], root, ["directive", "title", "steps"], top.where);
  if (root["directive"] !== directive) {
    yaml.refuse(["directive"], `directive is not "${directive}", the folder's name`);
  }
  expectText(top, root, "title");
  const steps = root["steps"];
  if (!Array.isArray(steps) || steps.length === 0) {
    yaml.refuse(["steps"], "steps is not a list with at least one step");
    return [];
  }
  const ids = new Set<unknown>();
  const checked = steps.map((step: unknown, index) => {
    const where =
      isMapping(step) && typeof step["id"] === "string"
        ? `step "${step["id"]}"`
        : `step ${String(index + 1)}`;
    const place: Place = { yaml, path: ["steps", index], where };
    if (!isMapping(step)) {
      refuse(place, undefined, "is not a mapping");
      return {} as ManifestStep;
    }
    if (ids.has(step["id"])) {
      refuse(place, "id", "is there twice");
    }
    ids.add(step["id"]);
    return checkStep(place, step);
  });
  refuseOpenSections(yaml, checked);
  return checked;
}

/** A section without `statements` has those up to the next one's: of two in a row nobody could tell where one ends. */
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

/** A mapping of the file, as messages name it. */
interface Place {
  readonly yaml: YamlText;
  readonly path: YamlPath;
  readonly where: string;
}

function refuse({ yaml, path, where }: Place, key: string | undefined, reason: string): void {
  yaml.refuse(key === undefined ? path : [...path, key], `${where} ${reason}`);
}

function refuseKey(place: Place, key: string, reason: string): void {
  refuse({ ...place, where: `${place.where}:` }, key, reason);
}

function checkStep(place: Place, step: Readonly<Record<string, unknown>>): ManifestStep {
  const { yaml, path, where } = place;
  const isSection = step["kind"] === "section";
  const keys = [
    "id",
    "kind",
    "title",
    "reason",
    "required",
    "file",
    "formerly",
    "inverse",
    "irreversible",
    ...(isSection ? ["statements"] : []),
    ...(RECORDING.includes(step["kind"]) ? ["records"] : []),
  ];
  refuseOtherKeys(yaml, path, step, keys, where);
  if (typeof step["id"] !== "string" || !/^[a-z][a-z0-9_]{0,62}$/.test(step["id"])) {
    refuseKey(place, "id", "id is not lower-case letters, digits and underscores");
  }
  if (!STEP_KINDS.includes(step["kind"] as StepKind)) {
    refuseKey(
      place,
      "kind",
      "kind is not section, amendment, population, concurrent, value or backfill",
    );
  }
  for (const key of ["title", "reason", "file"]) {
    expectText(place, step, key);
  }
  const { inverse, formerly = [], required = true } = step;
  if (typeof required !== "boolean") {
    refuseKey(place, "required", "required is not true or false");
  }
  if (!Array.isArray(formerly) || !formerly.every((one) => isSha256(one))) {
    refuseKey(place, "formerly", "formerly is not a list of sha256, 64 hexadecimal digits each");
  }
  if (inverse !== undefined) {
    checkInverse(place, inverse);
  }
  if (step["irreversible"] !== undefined) {
    expectText(place, step, "irreversible");
    if (inverse !== undefined) {
      refuseKey(place, "irreversible", "irreversible is there beside an inverse");
    }
  }
  if (isSection) {
    checkSection(place, step);
  }
  const records =
    step["records"] === undefined ? {} : { records: checkRecords(place, step["records"]) };
  return { ...step, required, ...records } as unknown as ManifestStep;
}

function checkInverse(place: Place, inverse: unknown): void {
  if (!isMapping(inverse)) {
    refuseKey(place, "inverse", "inverse is not a mapping");
    return;
  }
  const inner = inside(place, "inverse");
  refuseOtherKeys(inner.yaml, inner.path, inverse, ["file"], inner.where);
  expectText(inner, inverse, "file");
}

function inside({ yaml, path, where }: Place, key: string): Place {
  return { yaml, path: [...path, key], where: `${where}, ${key}` };
}

function checkRecords(place: Place, records: unknown): ApprovalRecord | undefined {
  if (!isMapping(records)) {
    refuseKey(place, "records", "records is not a mapping");
    return undefined;
  }
  const inner = inside(place, "records");
  const columns = ["approvers", "notes", "time"] as const;
  refuseOtherKeys(
    inner.yaml,
    inner.path,
    records,
    ["table", "row", "set", ...columns],
    inner.where,
  );
  const [schema, name, ...more] = String(records["table"]).split(".");
  if (!schema || !name || more.length > 0) {
    refuseKey(inner, "table", "table is not schema.name");
  }
  for (const key of columns) {
    expectText(inner, records, key);
  }
  return {
    ...(records as unknown as ApprovalRecord),
    table: { schema: schema ?? "", name: name ?? "" },
    row: checkValues(inner, "row", records["row"]),
    set: checkValues(inner, "set", records["set"]),
  };
}

function checkValues(place: Place, key: string, values: unknown): Readonly<Record<string, string>> {
  const found = Object.entries(isMapping(values) ? values : {});
  if (found.length === 0 || !found.every(([, one]) => /^(string|number)$/.test(typeof one))) {
    refuseKey(place, key, `${key} is not columns, each with a text or a number`);
  }
  return Object.fromEntries(found.map(([column, one]) => [column, String(one)]));
}

function checkSection(place: Place, { statements, file }: Readonly<Record<string, unknown>>): void {
  const range: unknown[] = Array.isArray(statements) ? statements : [];
  const [first, last] = range;
  const isRange =
    range.length === 2 &&
    Number.isInteger(first) &&
    Number.isInteger(last) &&
    (first as number) <= (last as number);
  if (statements !== undefined && !isRange) {
    refuseKey(place, "statements", "statements is not [first, last]");
  }
  if (file !== "directive.sql") {
    refuseKey(place, "file", "a section's file is directive.sql");
  }
}

function expectText(place: Place, object: Readonly<Record<string, unknown>>, key: string): void {
  const text = object[key];
  if (typeof text !== "string" || text.trim() === "") {
    refuseKey(place, key, `${key} is missing`);
  }
}
