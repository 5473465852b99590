import {
  exportState,
  forgetInside,
  kindsOf,
  connectionIn,
  type StateResource,
} from "../../engine/deployment";
import {
  localResources,
  recoverLocalStack,
  removeLocalRemains,
  removeLogs,
} from "../../engine/localState";
import { CHECKOUT } from "../../engine/paths";
import { say } from "../../engine/progress";
import { fault } from "../../runner/base/fault";
import { dropDatabaseClone } from "../../runner/clone/databaseClone";
import { dropCloneRoles } from "../../runner/clone/dropCloneRoles";
import {
  clusterStatus,
  destroyCluster,
  ensureStarted,
  isStackName,
  placeOf,
} from "../../runner/embedded";
import { withConnection, withCertificate } from "../../runner/postgres/connection";
import { isProtected } from "../../runner/postgres/protection";
import { settingsRequest } from "../../runner/requests/settingsRequest";
import { connectionFromUrl, readOutputs, readSettings } from "../stack";
import { changeStack } from "./pulumi";
import type { BranchRecord } from "./record";
import { ownerOfSettings, removeSettings, writeSettings } from "./settings";
import { hasStack, type Branches } from "./workspace";

/**
 * Removes a branch's stack: server or database, files, state, settings, record. After an interruption it can be called
 * again.
 *
 * @throws BRANCH_REFUSED where the database is protected
 */
export async function removeBranch(branches: Branches, record: BranchRecord): Promise<void> {
  const { stack, branch } = record;
  const { records, pulumi, isLocal } = branches;
  if (isLocal) {
    await recoverLocalStack(stack);
  }
  const isThere = await hasStack(branches, stack);
  if (isThere && record.state === "ready") {
    await refuseProtected(record);
  }
  await records.write({ ...record, state: "leaving" });
  if (isThere) {
    // The key of the stack's secrets is in the settings file, which a new checkout does not have.
    if (ownerOfSettings(stack) === undefined) {
      writeSettings(branch, stack);
    }
    await removeResources(branches, stack);
    await pulumi(["stack", "rm", stack, "--yes", "--force"]);
  }
  if (isStackName(stack)) {
    await destroyCluster(placeOf(stack));
  }
  removeSettings(stack);
  if (isLocal) {
    removeLocalRemains(stack);
  } else {
    removeLogs(stack);
  }
  await records.remove(stack);
}

/**
 * Removes the server or database that the stack made: a clone with its roles here, a container by Pulumi. Nothing inside is
 * deleted one by one. An embedded server is removed by the caller, whatever state it is in.
 */
async function removeResources(branches: Branches, stack: string): Promise<void> {
  const { engine, pulumi, isLocal } = branches;
  const local = kindsOf(isLocal ? localResources(stack) : []);
  if (local.has("embedded") && local.size === 1) {
    return;
  }
  const state = await exportState(pulumi, stack);
  const resources = state.deployment?.resources ?? [];
  const kinds = kindsOf(resources);
  if (kinds.has("embedded") && (await clusterStatus(placeOf(stack))).state === "gone") {
    say("its embedded server is not on this machine: only the state is removed");
  }
  // Where a run was killed while it made the clone, the state does not have it: the settings tell.
  if (kinds.has("clone") || (await readSettings(stack)).templateDatabase !== undefined) {
    await removeClone(stack, resources);
  }
  if (kinds.has("container")) {
    await forgetInside(pulumi, stack, state);
    // Without --refresh the plugin would fail to stop a container that was removed by hand.
    const words = ["destroy", "--refresh", "--yes", "--skip-preview", "--stack", stack];
    const failure = {
      what: `removing what stack "${stack}" made`,
      remedy: `See below; then run this again, or pulumi destroy --stack ${stack}`,
    };
    await changeStack(engine, stack, `pulumi destroy on stack ${stack}`, failure, (run) =>
      run(words),
    );
  }
}

/**
 * Refuses to remove a database that was protected after its creation. A server that does not answer and cannot be started
 * is not refused: only servers that the stack itself made are removed here.
 */
async function refuseProtected({ stack, branch }: BranchRecord): Promise<void> {
  if (await saysProtected(stack).catch(() => false)) {
    throw fault("BRANCH_REFUSED", {
      what: `removing the database of branch "${branch}"`,
      found: "a database that is protected",
      expected: "a database marked as unprotected",
      remedy: "Ask who protected it (ALTER DATABASE … RESET v7.unprotected)",
    });
  }
}

async function saysProtected(stack: string): Promise<boolean> {
  await ensureStarted(stack);
  const { databaseUrl } = await readOutputs(stack);
  return withConnection(connectionFromUrl(databaseUrl), (client) => isProtected(client), {
    applicationName: "v7 branch",
  });
}

const ROLE = "postgresql:index/role:Role";

/**
 * Removes a branch's database from a shared server, then the roles with the branch's suffix. The settings name them, so
 * that those of a killed run are found that are missing in the state.
 *
 * @param resources of the stack's state, with secrets in plain text
 * @throws CLONE_REFUSED where the database is not this stack's, or is protected
 */
async function removeClone(stack: string, resources: readonly StateResource[]): Promise<void> {
  const settings = await readSettings(stack);
  const { access } = await settingsRequest(settings);
  const { external } = settings;
  // The clone's own server, even where the settings have changed since.
  const clone = resources.find((one) => kindsOf([one]).has("clone"));
  const connection =
    clone === undefined ? external && withCertificate(CHECKOUT, external) : connectionIn(clone);
  if (connection === undefined) {
    return;
  }
  say(`dropping the database "${connection.databaseName}", and its roles`);
  await dropDatabaseClone({ stack, connection });
  const roles = resources
    .filter(({ type }) => type === ROLE)
    .map(({ inputs = {} }) => String(inputs["name"]));
  const names = [
    ...roles,
    ...Object.keys(access.roles),
    ...settings.logins.map(({ name }) => name),
  ];
  await dropCloneRoles(connection, names, settings.roleSuffix);
}
