import { existsSync, readdirSync } from "node:fs";
import { digestOf } from "../base/canonicalJson";
import { fault } from "../base/fault";
import type { AccessMatrix, Step } from "../model";
import { accessAfter } from "./accessAfter";
import { loadMatrices, mergeAccess } from "./accessMatrix";
import { refuseUnknownColumns } from "./approvalRecord";
import { loadManifest, type Manifest } from "./manifest";
import { withoutOwnPrivileges } from "./ownPrivileges";
import { refuseNamedRoles, suffixAccess } from "./roleSuffix";

/** Every directive of `sql/`, read as one: what a stack carries out. */
export interface Directives {
  /** In the order in which they run: `["ad_005"]`. */
  readonly names: readonly string[];
  /** Every step of every directive, the optional amendments that nobody chose included. A rollback needs them all. */
  readonly allSteps: readonly Step[];
  /** The steps that are wanted, in the order in which they run. */
  readonly steps: readonly Step[];
  /** Once all of `steps` have been applied. */
  readonly access: AccessMatrix;
  /** By directive, in their order, what its access.yaml adds. */
  readonly matrices: ReadonlyMap<string, AccessMatrix>;
  /** Of each manifest.yaml and lock.json, byte for byte: what is signed for is also what was said of it, and found. */
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
  for (const [index, manifest] of manifests.entries()) {
    expectLockedAfter(manifest, manifests.slice(0, index));
  }
  const allSteps = withoutOwnPrivileges(manifests.flatMap(({ steps }) => steps));
  refuseAmbiguous(allSteps);
  refuseUnknownColumns(allSteps);
  const steps = chooseSteps(allSteps, optionalAmendments);
  const plain = loadMatrices(sqlFolder, names, optionalAmendments);
  refuseNamedRoles(steps, mergeAccess(plain), roleSuffix);
  const matrices = new Map(
    plain.map((one, index) => [names[index] ?? "", suffixAccess(one, roleSuffix)]),
  );
  return {
    names,
    allSteps,
    steps,
    access: accessAfter(matrices, steps),
    matrices,
    manifestsSha256: digestOf(
      manifests.map(({ fileSha256, lockSha256 }) => ({ manifest: fileSha256, lock: lockSha256 })),
    ),
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
      expected: "a folder such as ad_001",
      remedy: "Run it from a checkout of this repository, whose folder sql holds them",
    });
  }
  return names;
}

/** What a directive does was found out on top of those before it: of other bytes, it may be something else. */
function expectLockedAfter({ directive, lock }: Manifest, earlier: readonly Manifest[]): void {
  const after = lock?.after ?? {};
  const names = [...new Set([...Object.keys(after), ...earlier.map((one) => one.directive)])];
  const changed = names.filter((name) => {
    const now = earlier.find((one) => one.directive === name)?.lock?.files;
    return now === undefined || after[name] !== digestOf(now);
  });
  if (changed.length > 0) {
    throw fault("DIRECTIVE_CHANGED", {
      what: `checking "sql/${directive}/lock.json"`,
      found: `other files of ${changed.join(", ")} than it was made after`,
      expected: "a lock that was made after the directives before it, as they are",
      remedy: `Run npx v7 directive lock ${directive}`,
    });
  }
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
