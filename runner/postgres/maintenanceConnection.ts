import type { Client } from "pg";
import { Fault } from "../base/fault";
import type { ConnectionSettings } from "../model";
import { BOUNDS } from "./bounds";
import { connect } from "./connection";
import { sessionFault } from "./sessionFault";

/** A whole database is copied here, which takes as long as it takes. */
const OPTIONS = { answerSeconds: BOUNDS.longAnswerSeconds };

/**
 * Runs `use` on a connection to a database of the server that is neither made nor dropped: `postgres`, or `template1`
 * where that one does not let this login in.
 *
 * @throws as {@link connect} does; of two refusals, the first
 */
export async function withMaintenance<T>(
  settings: ConnectionSettings,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await connectSomewhere(settings);
  try {
    return await use(client);
  } catch (error) {
    throw await sessionFault(client, settings, error);
  } finally {
    await client.end();
  }
}

async function connectSomewhere(settings: ConnectionSettings): Promise<Client> {
  try {
    return await connect({ ...settings, databaseName: "postgres" }, OPTIONS);
  } catch (refusal) {
    if (!(refusal instanceof Fault) || refusal.code !== "SERVER_REFUSED") {
      throw refusal;
    }
    try {
      return await connect({ ...settings, databaseName: "template1" }, OPTIONS);
    } catch {
      throw refusal;
    }
  }
}
