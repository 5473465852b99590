import { existsSync, readdirSync } from "node:fs";
import { digestOf } from "../base/canonicalJson";
import { fault } from "../base/fault";
import type { AccessMatrix, Snapshot, Step } from "../model";
import { loadMatrices, mergeAccess } from "./accessMatrix";
import { expectedWith, loadExpected } from "./expectedCatalog";
import { loadManifest, type Manifest } from "./manifest";
import { refuseNamedRoles, suffixAccess } from "./roleSuffix";

/** Every directive of `sql/`, read as one: what a stack carries out. */
export interface Directives {
  /** In the order in which they run: `["ad_005"]`. */
  readonly names: readonly string[];
  /** Every step of every directive, the optional amendments that nobody chose included. A rollback needs them all. */
  readonly allSteps: readonly Step[];
  /** The steps that are wanted, in the order in which they run. */
  readonly steps: readonly Step[];
  readonly access: AccessMatrix;
  /** The directives' objects as they must be once `steps` have been applied. */
  readonly expected: Snapshot;
  /** The same with other optional amendments chosen. */
  readonly expectedWith: (optionalAmendments: readonly string[]) => Snapshot;
  /** Of each manifest.yaml, byte for byte, and of `expected`: what is signed for is also what was said of it. */
  readonly manifestsSha256: string;
}

/** A directive's folder: ad_005, ad_006, … in the order of their numbers. */
const DIRECTIVE_FOLDER = /^ad_\d{3,6}$/;

/**
 * Finds and reads every directive in the folder `sql`, in order, with exactly the bytes that will run.
 *
 * @param optionalAmendments ids of the optional amendments that the settings name
 * @param roleSuffix the end of every role's name of the access matrix; empty: nothing
 * @throws MANIFEST_INVALID, DIRECTIVE_CHANGED, SQL_UNPARSABLE, SETTING_INVALID
 */
export async function loadDirectives(
  sqlFolder: string,
  optionalAmendments: readonly string[],
  roleSuffix = "",
): Promise<Directives> {
  const names = findDirectives(sqlFolder);
  const manifests = await Promise.all(names.map((name) => loadManifest(sqlFolder, name)));
  const allSteps = manifests.flatMap(({ steps }) => steps);
  refuseAmbiguous(allSteps);
  const steps = chooseSteps(allSteps, optionalAmendments);
  const files = manifests.map((manifest) => ({
    optional: optionalIn(manifest),
    file: loadExpected(sqlFolder, manifest.directive, optionalIn(manifest)),
  }));
  const expectedFor = (chosen: readonly string[]): Snapshot =>
    mergeExpected(
      files.map(({ file, optional }) =>
        expectedWith(
          file,
          optional.filter((id) => chosen.includes(id)),
        ),
      ),
    );
  const expected = expectedFor(optionalAmendments);
  const access = mergeAccess(loadMatrices(sqlFolder, names, optionalAmendments));
  refuseNamedRoles(steps, access, roleSuffix);
  return {
    names,
    allSteps,
    steps,
    access: suffixAccess(access, roleSuffix),
    expected,
    expectedWith: expectedFor,
    manifestsSha256: digestOf({ manifests: manifests.map((one) => one.fileSha256), expected }),
  };
}

/**
 * The steps that run with these optional amendments chosen, in order.
 *
 * @throws SETTING_INVALID where a chosen amendment is not one of the directives'
 */
export function chooseSteps(
  steps: readonly Step[],
  optionalAmendments: readonly string[],
): readonly Step[] {
  const optional = steps.filter((step) => !step.required).map((step) => step.id);
  const unknown = optionalAmendments.filter((id) => !optional.includes(id));
  if (unknown.length > 0) {
    throw fault("SETTING_INVALID", {
      what: 'reading setting "v7:amendments"',
      found: unknown.map((id) => `"${id}"`).join(", "),
      expected:
        optional.length === 0
          ? "none: there are no optional ones"
          : `any of ${optional.join(", ")}`,
      remedy: "Correct the list; required amendments need not be named",
    });
  }
  return steps.filter((step) => step.required || optionalAmendments.includes(step.id));
}

/** `ad_005/section_1`: unique among all directives. */
export function stepKey({ directive, id }: Pick<Step, "directive" | "id">): string {
  return `${directive}/${id}`;
}

/**
 * The directives' folders, in the order of their numbers.
 *
 * @throws MANIFEST_INVALID where there is none
 */
export function findDirectives(sqlFolder: string): string[] {
  const names = (existsSync(sqlFolder) ? readdirSync(sqlFolder) : [])
    .filter((name) => DIRECTIVE_FOLDER.test(name))
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)));
  if (names.length === 0) {
    throw fault("MANIFEST_INVALID", {
      what: `looking for directives in "${sqlFolder}"`,
      found: "none",
      expected: "a folder such as ad_005",
      remedy: "Run it from a checkout of this repository, whose folder sql holds them",
    });
  }
  return names;
}

/** The settings name an optional amendment by its id alone: two of one name could not be told apart. */
function refuseAmbiguous(steps: readonly Step[]): void {
  const optional = steps.filter(({ required }) => !required);
  const twice = optional.find(
    ({ id }, index) => optional.findIndex((one) => one.id === id) < index,
  );
  if (twice !== undefined) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "sql/${twice.directive}/manifest.yaml"`,
      found: `the optional amendment "${twice.id}", which another directive has too`,
      expected: "an id of its own",
      remedy: "Rename it",
    });
  }
}

function optionalIn({ steps }: Manifest): string[] {
  return steps.filter(({ required }) => !required).map(({ id }) => id);
}

/** A later directive's entries replace an earlier one's; null says that it took the object away. */
function mergeExpected(snapshots: readonly Snapshot[]): Snapshot {
  const merged = Object.assign({}, ...snapshots) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
