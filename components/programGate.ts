import * as pulumi from "@pulumi/pulumi";
import { authorize } from "../runner/approval/authorize";
import { checkoutFolder } from "../runner/base/checkoutFolder";
import { checkDatabaseClone } from "../runner/clone/databaseClone";
import { preparePlan } from "../runner/plan/preparePlan";
import { withCertificate, withConnection } from "../runner/postgres/connection";
import type { SettingsRequest } from "../runner/requests/settingsRequest";
import type { Settings } from "./settings";

/**
 * The first of the three gates: stops before the first resource where the database is protected and this plan was not
 * signed for. A preview passes: it changes nothing.
 *
 * The stack's own servers (embedded, docker) are not asked here: they may not exist yet. The plugin asks every server,
 * at the moment of execution. Nor is a database that the stack makes by cloning, while it is not there yet; a database of
 * that name that is another's, or protected, is refused here already.
 *
 * @throws APPROVAL_REQUIRED and its relatives, CLONE_REFUSED
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
