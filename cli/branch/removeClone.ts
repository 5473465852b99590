import { connectionOf, type StateResource } from "../../engine/deployment";
import { CHECKOUT } from "../../engine/paths";
import { say } from "../../engine/progress";
import { dropDatabaseClone } from "../../runner/clone/databaseClone";
import { dropCloneRoles } from "../../runner/clone/dropCloneRoles";
import { withCertificate } from "../../runner/postgres/connection";
import { settingsRequest } from "../../runner/requests/settingsRequest";
import { readSettings } from "../stack";

const CLONE = "directive:index:DatabaseClone";
const ROLE = "postgresql:index/role:Role";

/**
 * Removes what a branch's stack has on a shared server: the database with all that is in it, then the roles that carry the
 * branch's suffix. What a killed run made and the state does not know goes, too, for the settings tell its names.
 *
 * @param resources those of the stack's state, with their secrets in plain text
 * @throws CLONE_REFUSED where the database is not this stack's, or is protected
 */
export async function removeClone(
  stack: string,
  resources: readonly StateResource[],
): Promise<void> {
  const settings = await readSettings(stack);
  const { access } = await settingsRequest(settings);
  // Where the clone was made, whatever the settings say by now.
  const clone = resources.find(({ type }) => type === CLONE);
  const server = clone === undefined ? settings.external : connectionOf(clone);
  if (server === undefined) {
    return;
  }
  const connection = withCertificate(CHECKOUT, server);
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
