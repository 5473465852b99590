import { connectionIn, kindsOf, type StateResource } from "../../engine/deployment";
import { CHECKOUT } from "../../engine/paths";
import { say } from "../../engine/progress";
import { dropDatabaseClone } from "../../runner/clone/databaseClone";
import { dropCloneRoles } from "../../runner/clone/dropCloneRoles";
import { withCertificate } from "../../runner/postgres/connection";
import { settingsRequest } from "../../runner/requests/settingsRequest";
import { readSettings } from "../stack";

const ROLE = "postgresql:index/role:Role";

/**
 * Removes a branch's database from a shared server, then the roles with the branch's suffix. The settings name them, so
 * that those of a killed run are found that are missing in the state.
 *
 * @param resources of the stack's state, with secrets in plain text
 * @throws CLONE_REFUSED where the database is not this stack's, or is protected
 */
export async function removeClone(
  stack: string,
  resources: readonly StateResource[],
): Promise<void> {
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
