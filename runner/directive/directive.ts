import { existsSync, readdirSync } from "node:fs";
import { digestOf, canonicalJson } from "../base/canonicalJson";
import { fault } from "../base/fault";
import type { AccessMatrix, Step, LockedStatement } from "../model";
import { accessAfter } from "./accessAfter";
import { loadMatrices, mergeAccess } from "./accessMatrix";
import { refuseUnknownColumns } from "./approvalRecord";
import { amendmentsBuiltOn, lockedAfter } from "./builtOn";
import { loadManifest, type Manifest } from "./manifest";
import { refuseNamedRoles, suffixAccess } from "./roleSuffix";

/** All directives of `sql/` together: what a stack applies. */
export interface Directives {
  /** In the order in which they run: `["ad_005"]`. */
  readonly names: readonly string[];
  /** Every step of every directive, including optional amendments that were not chosen: a rollback needs them too. */
  readonly allSteps: readonly Step[];
  /** The required steps, the chosen amendments, and those that a later directive builds on, in the order in which they run. */
  readonly steps: readonly Step[];
  /** The access matrix once all of `steps` have been applied. */
  readonly access: AccessMatrix;
  /** What each directive's access.yaml adds, by directive, in their order. */
  readonly matrices: ReadonlyMap<string, AccessMatrix>;
  /**
   * The digest of every manifest.yaml and lock.json, byte for byte, and of every matrix but the last, which `access` contains:
   * a plan, and so its approval, covers them.
   */
  readonly manifestsSha256: string;
  /** The same of the first directive, of the first two, and so on: a plan that was made before later ones came has one of them. */
  readonly manifestsUpTo: readonly string[];
}

/** The name of a directive's folder: ad_005, ad_006. */
const DIRECTIVE_FOLDER = /^ad_\d{3,6}$/;

/**
 * Reads every directive in the folder `sql`, in order, with exactly the bytes that will run.
 *
 * @param optionalAmendments ids of the optional amendments that the settings name
 * @param roleSuffix appended to every role's name of the access matrix; default: nothing
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
  const chosen = [...optionalAmendments, ...amendmentsBuiltOn(manifests)];
  const steps = chooseSteps(allSteps, chosen);
  const plain = loadMatrices(sqlFolder, names, chosen);
  refuseNamedRoles(steps, mergeAccess(plain), roleSuffix);
  const matrices = new Map(
    plain.map((one, index) => [names[index] ?? "", suffixAccess(one, roleSuffix)]),
  );
  const files = manifests.map((one, index) => ({
    own: { manifest: one.fileSha256, lock: one.lockSha256 },
    access: plain[index]?.sha256 ?? "",
  }));
  // A rollback to an earlier directive grants by matrices that the whole matrix no longer has in full; the last one is in it.
  const upTo = files.map((last, index) =>
    digestOf([...files.slice(0, index).map(({ own, access }) => ({ ...own, access })), last.own]),
  );
  return {
    names,
    allSteps,
    steps,
    access: accessAfter(matrices, steps),
    matrices,
    manifestsSha256: upTo.at(-1) ?? "",
    manifestsUpTo: upTo,
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

/** Refuses a lock made on top of earlier directives with other bytes: the directive may do something else on top of these. */
function expectLockedAfter(manifest: Manifest, earlier: readonly Manifest[]): void {
  const { directive, lock } = manifest;
  const [then, now] = [lock?.after ?? {}, lockedAfter(earlier, manifest)];
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])];
  const changed = names.filter((name) => then[name] !== now[name]);
  if (changed.length > 0) {
    throw fault("DIRECTIVE_CHANGED", {
      what: `checking "sql/${directive}/lock.json"`,
      found: `other files of ${changed.join(", ")} than it was made after`,
      expected: "a lock that was made after the directives before it, as they are",
      remedy: `Run npx v7 directive lock ${directive}`,
    });
  }
}

/** Refuses two optional amendments with the same id: the settings name an amendment by its id alone. */
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

/**
 * The steps without their locks' changes of privileges on objects that one of the steps made: the access matrix decides
 * about those, and a run puts right what a statement granted or revoked on them. Changes of privileges on other objects stay.
 */
function withoutOwnPrivileges(steps: readonly Step[]): readonly Step[] {
  const lines = (step: Step): LockedStatement[] =>
    step.statements.flatMap(({ locked }) => locked ?? []);
  const own = new Set(
    steps.flatMap(lines).flatMap(({ added }) => added.map(({ id }) => canonicalJson(id))),
  );
  const isOwnGrant = ({ id, properties }: LockedStatement["changed"][number]): boolean =>
    properties["privileges"] !== undefined && own.has(canonicalJson(id));
  const withoutGrants = ({ changed, ...locked }: LockedStatement): LockedStatement => ({
    ...locked,
    changed: changed.flatMap((line) => {
      const { privileges, ...others } = line.properties;
      if (privileges === undefined || !isOwnGrant(line)) {
        return [line];
      }
      return Object.keys(others).length === 0 ? [] : [{ ...line, properties: others }];
    }),
  });
  return steps.map((step) => {
    const grantsOn = lines(step).flatMap(({ changed }) => changed.filter(isOwnGrant));
    return {
      ...step,
      ...(grantsOn.length === 0 ? {} : { grantsOn: grantsOn.map(({ id }) => id) }),
      statements: step.statements.map(({ locked, ...statement }) =>
        locked === undefined ? statement : { ...statement, locked: withoutGrants(locked) },
      ),
    };
  });
}
