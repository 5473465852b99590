import type { ClientBase } from "pg";
import {
  accessKey,
  expectedAccess,
  takeAccessSnapshot,
  unknownPrivileges,
} from "../catalog/access";
import { newlyNamed } from "../catalog/change";
import {
  compareCatalogs,
  compareSnapshots,
  differenceOf,
  type Difference,
} from "../catalog/compare";
import { definedObjects } from "../catalog/definedObjects";
import { soleOwner, takeOwners } from "../catalog/owners";
import { expectedObjects, fingerprintOf, isInSnapshot, takeObjects } from "../catalog/snapshot";
import { accessAfter } from "../directive/accessAfter";
import { accessDigest } from "../directive/accessMatrix";
import { stepKey } from "../directive/directive";
import { hasNotRun } from "../history/begunSteps";
import { refuseForgottenSteps } from "../history/checkHistory";
import { ACCESS_STEP, historyHead, inspectHistory, appliedSteps } from "../history/history";
import { OWNER_OF_ALL, recordedOwner } from "../history/recordedOwner";
import type { AccessMatrix, DefinedObjects, HistoryRow, ObjectId, Snapshot, Step } from "../model";
import { together } from "../postgres/together";
import type { RepairContext } from "../repair/context";
import { historyDrift } from "./historyDrift";
import { unprovenRows } from "./unprovenRows";

export interface VerifyRequest {
  /** Every step of every directive: the history may have one that the settings no longer name. Default: `steps`. */
  readonly allSteps?: readonly Step[];
  readonly steps: readonly Step[];
  readonly access: AccessMatrix;
  /** What each directive's access.yaml adds to `access`, in their order: without the grants of directives that never ran. */
  readonly matrices: ReadonlyMap<string, AccessMatrix>;
  /**
   * By group role, the logins that the settings give it. Undefined where the settings cannot be read, as they are encrypted
   * and drift detection has no passphrase: then the existing logins are compared with the digest in the history.
   */
  readonly members: Readonly<Record<string, readonly string[]>> | undefined;
  /**
   * The absolute path of the repository's allowed signers. On a protected database the proofs of the history's rows are
   * verified with them until a row records other signers.
   */
  readonly signersFile: string;
  /** The expected owner where the history does not name one. Default: the role that owns most of the objects. */
  readonly owner?: string;
}

export interface Verification extends Omit<RepairContext, "steps" | "memberships"> {
  /** The fingerprint of the directives' objects, without privileges. */
  readonly schemaFingerprint: string;
  readonly historyHead: string | null;
  /** Properties of these objects that the server has and this version does not know; no differences, but reported. */
  readonly notCompared: readonly string[];
  /** Steps that never ran here, which is no drift; `all/access` where the access matrix is to change. */
  readonly pending: readonly string[];
  readonly history: readonly HistoryRow[];
  readonly logins: readonly string[];
  /** The steps that have run; the expected snapshot is what they made. */
  readonly ran: readonly Step[];
}

/**
 * Compares the live database with what was approved: the directives' objects with the expected snapshot, privileges and
 * roles with the access matrix, and the history with its own chain and with the database. Reads only. Steps that never ran
 * here are pending, not drift.
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
  const isEmpty =
    applied.size === 0 && !objects.change.added.some(({ id }) => isInSnapshot(all, id));
  const pending = isEmpty ? [] : ofHistory.pending;
  const idle = steps.filter(
    (step) => pending.includes(step) || hasNotRun(step, applied.get(stepKey(step))),
  );
  const ran = steps.filter((step) => !idle.includes(step));
  // Only objects and grants of the steps that have run are compared.
  const there = idle.length === 0 ? objects : definedObjects(ran);
  const granted = idle.length === 0 ? access : accessOf(request, ran);
  const logins = Object.keys(granted.roles).flatMap((role) => members[role] ?? []);
  const [{ snapshot, ids }, liveAccess] = await together([
    idle.length === 0 ? all : takeObjects(client, there, owner),
    takeAccessSnapshot(client, granted, there, owner, logins, recorded),
  ]);
  const { snapshot: expected, ids: expectedIds } = await expectedObjects(client, ran);
  const allIds = new Map([...expectedIds, ...ids]);
  const wantedAccess = withoutPending(expectedAccess(granted, there, members), idle);
  return {
    schemaFingerprint: fingerprintOf(snapshot),
    historyHead: historyHead(history),
    differences: [
      ...ofHistory.differences,
      ...compareSnapshots(ownerEntry(recorded), ownerEntry(owner)),
      ...unproven,
      ...(isEmpty
        ? [differenceOf("history", "missing", NOT_APPLIED)]
        : compareCatalogs(expected, snapshot, allIds)),
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
    ran,
    access: granted,
    ids: allIds,
    expected: { ...expected, ...wantedAccess, ...ownerEntry(recorded) },
    live: { ...snapshot, ...liveAccess, ...ownerEntry(owner) },
  };
}

/**
 * The owner that the objects are compared with. Where all objects belong to one role it is that role: if the history names
 * another one, this is a single difference.
 */
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

/** The present members of our roles, without their options: options that are off are differences then. */
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

/** The access matrix of the directives of which a step has run, and of those without steps. */
function accessOf({ steps, matrices }: VerifyRequest, ran: readonly Step[]): AccessMatrix {
  const isOf = (directive: string) => (step: Step) => step.directive === directive;
  return accessAfter(
    new Map([...matrices].filter(([name]) => ran.some(isOf(name)) || !steps.some(isOf(name)))),
    ran,
  );
}

/** Differences of privileges, without those on missing objects: the missing object is a difference itself. */
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
  return compareSnapshots(expected, live)
    .filter(({ object }) => !gone.has(object))
    .map((one) => ({
      ...one,
      details: [...one.details, ...unknownPrivileges(one.object, live[one.object])],
    }));
}

/** The expected privileges without those on objects that only pending steps make. */
function withoutPending(expected: Snapshot, pending: readonly Step[]): Snapshot {
  const made = new Set(newlyNamed(definedObjects(pending).change).map(accessKey));
  return Object.fromEntries(Object.entries(expected).filter(([key]) => !made.has(key)));
}

const NOT_APPLIED = "the directives are not in this database, and no history says that they were";

function unknownLogins(
  members: Readonly<Record<string, readonly string[]>>,
  recorded: HistoryRow | undefined,
): Difference {
  const found = Object.entries(members).map(([role, names]) => `${role}: ${names.join(", ")}`);
  const change = `those whose digest history recorded, ${recorded?.stepSha256.slice(0, 16) ?? ""}… -> ${found.length === 0 ? "none" : found.join("; ")}`;
  return differenceOf("logins", "changed", change);
}
