import type { ConnectionSettings } from "../model";

/** Login, host, port and database: the parts of a connection that messages may show. */
export function describeTarget(settings: ConnectionSettings): string {
  return `"${settings.user}@${settings.host}:${String(settings.port)}/${settings.databaseName}"`;
}
