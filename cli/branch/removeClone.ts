import { join } from "node:path";
import type { StateResource } from "../../engine/deployment";
import { CHECKOUT } from "../../engine/paths";
import { say } from "../../engine/progress";
import { dropDatabaseClone } from "../../runner/clone/databaseClone";
import { dropCloneRoles } from "../../runner/clone/dropCloneRoles";
import { loadDirectives } from "../../runner/directive/directive";
import type { SslMode } from "../../runner/model";
import { withCertificate } from "../../runner/postgres/connection";
import type { ExternalServer } from "../../runner/settings/stackSettings";
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
  const { access } = await loadDirectives(
    join(CHECKOUT, "sql"),
    settings.amendments,
    settings.roleSuffix,
  );
  const state = resources.find(({ type }) => type === CLONE)?.inputs;
  const server = state === undefined ? settings.external : connectionOf(state);
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

/** Where the clone was made, whatever the settings say by now. */
function connectionOf(inputs: Readonly<Record<string, unknown>>): ExternalServer {
  const text = (name: string): string => String(plain(inputs[name]));
  const { caCertificate } = inputs;
  return {
    host: text("host"),
    port: Number(text("port")),
    databaseName: text("databaseName"),
    user: text("user"),
    password: text("password"),
    sslMode: text("sslMode") as SslMode,
    ...(typeof caCertificate === "string" ? { caCertificate } : {}),
  };
}

/** A secret is in an export as an object with its JSON in plain text. */
function plain(value: unknown): unknown {
  const secret = value as { readonly plaintext?: string } | null | undefined;
  return typeof secret?.plaintext === "string" ? JSON.parse(secret.plaintext) : value;
}
