import type { ConnectionSettings } from "../model";

/** Host, port, database and login: what a message may say of a target. */
export function describeTarget(settings: ConnectionSettings): string {
  return `"${settings.user}@${settings.host}:${String(settings.port)}/${settings.databaseName}"`;
}
