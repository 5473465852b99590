import type { ClientBase } from "pg";
import {
  accessKey,
  expectedAccess,
  tableGrantedOn,
  takeAccessSnapshot,
  unknownPrivileges,
} from "../catalog/access";
import { compareCatalogs, compareSnapshots, type Difference } from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { soleOwner, takeOwners } from "../catalog/owners";
import { expectedObjects, fingerprintOf, isTold, takeObjects } from "../catalog/snapshot";
import { accessAfter } from "../directive/accessAfter";
import { accessDigest } from "../directive/accessMatrix";
import { stepKey } from "../directive/directive";
import { hasNotRun } from "../history/begunSteps";
import { refuseForgottenSteps } from "../history/checkHistory";
import { ACCESS_STEP, historyHead, inspectHistory, appliedSteps } from "../history/history";
import { OWNER_OF_ALL, recordedOwner } from "../history/recordedOwner";
import type { AccessMatrix, DefinedObjects, HistoryRow, ObjectId, Snapshot, Step } from "../model";
import { together } from "../postgres/together";
import { historyDrift } from "./historyDrift";
import { unprovenRows } from "./unprovenRows";

export interface VerifyRequest {
  /** Every step of every directive: history may hold one that is no longer wanted. Default: `steps`. */
  readonly allSteps?: readonly Step[];
  readonly steps: readonly Step[];
  readonly access: AccessMatrix;
  /** By directive, in their order, what its access.yaml adds to `access`: of it is expected what no pending step makes. */
  readonly matrices: ReadonlyMap<string, AccessMatrix>;
  /**
   * By group role, the logins that the settings give it. Undefined where the settings cannot be read (they are secret, and
   * drift detection has no passphrase): then the logins that are there are judged by the digest that history recorded.
   */
  readonly members: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * The repository's allowed signers, as an absolute path: on a protected database the history's proofs begin with
   * them, until its own rows say whom it trusts.
   */
  readonly signersFile: string;
  /** Who owns the objects, where history does not say it. Default: the owner of the objects. */
  readonly owner?: string;
}

export interface Verification {
  /** Of the directive's own objects; who may do what on them does not count. */
  readonly schemaFingerprint: string;
  readonly historyHead: string | null;
  /** Objects and privileges that are not as they should be. Empty: no drift. */
  readonly differences: readonly Difference[];
  /** What the server knows of these objects and this version does not: no difference, and not nothing. */
  readonly notCompared: readonly string[];
  /** Steps that never ran here; not drift. `all/access` where the matrix is to change. */
  readonly pending: readonly string[];
  readonly history: readonly HistoryRow[];
  readonly objects: DefinedObjects;
  readonly owner: string;
  readonly logins: readonly string[];
  /** Of the directives' own objects. */
  readonly snapshot: Snapshot;
  /** The steps that are neither pending nor begun without having run: what is expected is what they made. */
  readonly standing: readonly Step[];
  /** Who may do what by these. */
  readonly access: AccessMatrix;
  /** Which object of the catalog each key of a snapshot names. */
  readonly ids: ReadonlyMap<string, ObjectId>;
  /** What was compared, catalog and access together. */
  readonly expected: Snapshot;
  readonly live: Snapshot;
}

/**
 * Compares the live database with what was approved: the directive's objects with the expected snapshot, privileges
 * and roles with the access matrix, and the history with itself and with the database. Reads only. What of the repository
 * never ran here is pending, not drift.
 *
 * @throws SETTING_INVALID where the settings leave out an optional amendment that has been applied
 */
export async function verifyDatabase(
  client: ClientBase,
  request: VerifyRequest,
): Promise<Verification> {
  const { steps, allSteps = steps, access } = request;
  const found = await inspectHistory(client);
  const { history } = found;
  const objects = definedObjects(steps);
  const applied = appliedSteps(history);
  refuseForgottenSteps({ steps, allSteps }, applied);
  const { owner, recorded = owner } = await ownersOf(client, objects, history, request.owner);
  const members = request.members ?? (await liveMembers(client, access, objects, owner, recorded));
  const [all, unproven] = await together([
    takeObjects(client, objects, owner),
    unprovenRows(client, history, request.signersFile),
  ]);
  const digest = accessDigest({ access, members });
  const ofHistory = historyDrift(found, { wanted: steps, all: allSteps }, all, digest);
  const isEmpty = applied.size === 0 && !objects.change.added.some(({ id }) => isTold(all, id));
  const pending = isEmpty ? [] : ofHistory.pending;
  const idle = steps.filter(
    (step) => pending.includes(step) || hasNotRun(step, applied.get(stepKey(step))),
  );
  const standing = steps.filter((step) => !idle.includes(step));
  // What the others will change is none of this: it is as it was, and so is who may do what on it.
  const there = idle.length === 0 ? objects : definedObjects(standing);
  const granted = idle.length === 0 ? access : accessOf(request, standing);
  const logins = Object.keys(granted.roles).flatMap((role) => members[role] ?? []);
  const [{ snapshot, ids }, liveAccess] = await together([
    idle.length === 0 ? all : takeObjects(client, there, owner),
    takeAccessSnapshot(client, granted, there, owner, logins, recorded),
  ]);
  const { snapshot: expected, ids: expectedIds } = await expectedObjects(client, standing);
  const allIds = new Map([...expectedIds, ...ids]);
  const wantedAccess = withoutPending(expectedAccess(granted, there, members), idle);
  return {
    schemaFingerprint: fingerprintOf(snapshot),
    historyHead: historyHead(history),
    differences: [
      ...ofHistory.differences,
      ...compareSnapshots(ownerEntry(recorded), ownerEntry(owner)),
      ...unproven,
      ...(isEmpty ? [nothingStands()] : compareCatalogs(expected, snapshot, allIds)),
      ...(isEmpty || ofHistory.isAccessNew
        ? []
        : changedAccess(wantedAccess, liveAccess, { snapshot, ids }, there)),
      ...(request.members === undefined && ofHistory.isAccessPending
        ? [unknownLogins(members, applied.get(stepKey(ACCESS_STEP)))]
        : []),
    ],
    pending: [
      ...pending.map(stepKey),
      ...(ofHistory.isAccessNew || (request.members !== undefined && ofHistory.isAccessPending)
        ? [stepKey(ACCESS_STEP)]
        : []),
    ],
    notCompared: all.notCompared,
    history,
    objects,
    owner,
    logins,
    snapshot,
    standing,
    access: granted,
    ids: allIds,
    expected: { ...expected, ...wantedAccess, ...ownerEntry(recorded) },
    live: { ...snapshot, ...liveAccess, ...ownerEntry(owner) },
  };
}

/** Whose the objects are: where they all belong to one role they are compared as its own, and that role is one finding. */
async function ownersOf(
  client: ClientBase,
  objects: DefinedObjects,
  history: readonly HistoryRow[],
  wanted: string | undefined,
): Promise<{ readonly owner: string; readonly recorded: string | undefined }> {
  const owners = await takeOwners(client, objects);
  const recorded = recordedOwner(history);
  const [most = ""] = owners.keys();
  const owner = recorded === undefined ? (wanted ?? most) : (soleOwner(owners) ?? recorded);
  return { owner, recorded };
}

function ownerEntry(owner: string): Snapshot {
  return { [OWNER_OF_ALL]: { owner } };
}

/** The members that our roles have now, their options left out: an option that is off shows against the bare name. */
export async function liveMembers(
  client: ClientBase,
  access: AccessMatrix,
  objects: DefinedObjects,
  owner: string,
  recorded: string = owner,
): Promise<Record<string, string[]>> {
  const live = await takeAccessSnapshot(client, access, objects, owner, [], recorded);
  return Object.fromEntries(
    Object.keys(access.roles).flatMap((role) => {
      const entry = live[`role ${role}`] as { members?: readonly string[] } | undefined;
      const names = (entry?.members ?? []).map((name) =>
        name.replace(/( without (INHERIT|SET))+$/, "").replace(/\*$/, ""),
      );
      return names.length === 0 ? [] : [[role, names.sort()]];
    }),
  );
}

/** Of the directives of which something has been applied, or which have nothing to apply. */
function accessOf({ steps, matrices }: VerifyRequest, standing: readonly Step[]): AccessMatrix {
  const isOf = (directive: string) => (step: Step) => step.directive === directive;
  return accessAfter(
    new Map([...matrices].filter(([name]) => standing.some(isOf(name)) || !steps.some(isOf(name)))),
    standing,
  );
}

/** Privileges on an object that is not there are gone with it: the object's own line says enough. */
function changedAccess(
  expected: Snapshot,
  live: Snapshot,
  { snapshot, ids }: { readonly snapshot: Snapshot; readonly ids: ReadonlyMap<string, ObjectId> },
  { change }: DefinedObjects,
): Difference[] {
  const told = Object.keys(snapshot).flatMap((key) => ids.get(key) ?? []);
  const there = new Set(told.map(accessKey));
  const gone = new Set(
    change.added.map(({ id }) => accessKey(id)).filter((key) => !there.has(key)),
  );
  const differences = compareSnapshots(expected, live).filter(({ object }) => {
    const table = String(tableGrantedOn(object));
    return !gone.has(object) && !gone.has(`privileges table ${table}`);
  });
  return differences.map((one) => ({
    ...one,
    details: [...one.details, ...unknownPrivileges(one.object, live[one.object])],
  }));
}

/** Without privileges on what only pending steps make. */
function withoutPending(expected: Snapshot, pending: readonly Step[]): Snapshot {
  const made = new Set(definedObjects(pending).change.added.map(({ id }) => accessKey(id)));
  return Object.fromEntries(Object.entries(expected).filter(([key]) => !made.has(key)));
}

function nothingStands(): Difference {
  return {
    object: "history",
    kind: "missing",
    details: ["the directives are not in this database, and no history says that they were"],
  };
}

function unknownLogins(
  members: Readonly<Record<string, readonly string[]>>,
  recorded: HistoryRow | undefined,
): Difference {
  const found = Object.entries(members).map(([role, names]) => `${role}: ${names.join(", ")}`);
  return {
    object: "logins",
    kind: "changed",
    details: [
      `those whose digest history recorded, ${recorded?.stepSha256.slice(0, 16) ?? ""}… -> ${found.length === 0 ? "none" : found.join("; ")}`,
    ],
  };
}
