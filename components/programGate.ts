import * as pulumi from "@pulumi/pulumi";
import { authorize } from "../runner/approval/authorize";
import { checkoutFolder } from "../runner/base/checkoutFolder";
import { checkDatabaseClone } from "../runner/clone/databaseClone";
import { preparePlan } from "../runner/plan/preparePlan";
import { withCertificate, withConnection } from "../runner/postgres/connection";
import type { SettingsRequest } from "../runner/requests/settingsRequest";
import type { Settings } from "./settings";

/**
 * The first of the three gates: stops the program before its first resource where the database is protected and the plan is
 * not approved. A preview passes, because it changes nothing.
 *
 * Servers of the stack's own (embedded, docker) and clones may not exist yet and are not asked here; the plugin asks every
 * server when it executes. An existing database with the clone's name that belongs to others, or is protected, is refused
 * here.
 *
 * @throws the APPROVAL_ codes, CLONE_REFUSED
 */
export async function refuseUnapproved(
  settings: Settings,
  directives: SettingsRequest,
): Promise<void> {
  const { external, templateDatabase: template } = settings;
  if (external === undefined || pulumi.runtime.isDryRun()) {
    return;
  }
  const connection = withCertificate(checkoutFolder(), external);
  const { project, stack } = settings;
  if (template !== undefined && !(await checkDatabaseClone({ connection, template, stack }))) {
    return;
  }
  const request = { project, stack, connection, ...directives };
  await withConnection(connection, async (client) => {
    await authorize(await preparePlan(client, request), client, {
      ...settings,
      projectFolder: checkoutFolder(),
    });
  });
}
