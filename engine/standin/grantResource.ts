import type { Client } from "pg";
import { fault } from "../../runner/base/fault";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import { grantedOn, isGrantable, ownersOf, readGranted } from "./grantRead";
import { checkGrant, describeGrant, GRANT_SHAPE, grantId, type Grant } from "./grantShape";
import { lockTouched } from "./locks";
import { asMemberOf } from "./memberships";
import { diffShape, readResult, withDefaults } from "./shape";
import { name, names } from "./sql";
import { inTransaction } from "./transaction";

/** `postgresql.Grant`: a role's privileges on a schema, a table or some of its columns. */
export function grantResource(connections: () => Connections): ResourceType {
  const apply = async (grant: Grant, previous: readonly string[]): Promise<void> =>
    inTransaction(connections(), grant.database, `granting ${describeGrant(grant)}`, (client) =>
      applyGrant(client, grant, previous),
    );

  return {
    check: (inputs) => Promise.resolve(checkGrant(inputs)),
    diff: (_id, oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(diffShape(GRANT_SHAPE, oldInputs, newInputs)),
    create: async (inputs, { preview }) => {
      const grant = withDefaults(GRANT_SHAPE, inputs);
      if (preview) {
        return { id: "", outputs: grant };
      }
      await apply(grant, []);
      return { id: grantId(grant), outputs: grant };
    },
    read: async (id, inputs, outputs) => {
      const grant = withDefaults(GRANT_SHAPE, { ...outputs, ...inputs });
      if (!(await isDatabaseThere(connections(), grant.database))) {
        return undefined;
      }
      const what = `reading ${describeGrant(grant)}`;
      const found = await inTransaction(connections(), grant.database, what, (client) =>
        readGrant(client, grant),
      );
      return found === undefined ? undefined : readResult(GRANT_SHAPE, id, inputs, found);
    },
    update: async (_id, oldInputs, _oldOutputs, newInputs, { preview }) => {
      const grant = withDefaults(GRANT_SHAPE, newInputs);
      if (!preview) {
        await apply(grant, withDefaults(GRANT_SHAPE, oldInputs).privileges);
      }
      return grant;
    },
    delete: async (_id, inputs) => {
      const grant = withDefaults(GRANT_SHAPE, inputs);
      if (!(await isDatabaseThere(connections(), grant.database))) {
        return;
      }
      const what = `revoking ${describeGrant(grant)}`;
      await inTransaction(connections(), grant.database, what, async (client) => {
        if (await isGrantable(client, grant)) {
          await applyGrant(client, { ...grant, privileges: [] }, grant.privileges);
        }
      });
    },
  };
}

/** Whether the server has a database of that name; asked in the provider's own database. */
async function isDatabaseThere(connections: Connections, database: string): Promise<boolean> {
  const { databaseName } = connections.settings.connection;
  if (database === databaseName) {
    return true;
  }
  const what = `looking for the database "${database}"`;
  return inTransaction(connections, databaseName, what, async (client) => {
    const query = "SELECT FROM pg_catalog.pg_database WHERE datname = $1";
    return (await client.query(query, [database])).rowCount === 1;
  });
}

/** Revokes the old privileges and grants the new ones, in one transaction. */
async function applyGrant(
  client: Client,
  grant: Grant,
  previous: readonly string[],
): Promise<void> {
  const { role, schema, objectType, columns, privileges } = grant;
  if (objectType === "column" && columns.length === 0) {
    // A read found that all columns were revoked by hand: nothing is left to revoke.
    return;
  }
  await lockTouched(client, [role], [schema]);
  const on = grantedOn(grant);
  const listed = (words: readonly string[]): string =>
    words.map((one) => (columns.length === 0 ? one : `${one} (${names(columns)})`)).join(", ");
  await asMemberOf(client, await ownersOf(client, grant), async () => {
    await client.query(`REVOKE ${listed(revoked(grant, previous))} ON ${on} FROM ${name(role)}`);
    if (privileges.length > 0) {
      await client.query(`GRANT ${listed(privileges)} ON ${on} TO ${name(role)}`);
    }
  });
  await expectGranted(client, grant);
}

/** The privileges to revoke: of tables and columns this grant's old and new ones; else all, as in the official plugin. */
function revoked({ objectType, privileges }: Grant, previous: readonly string[]): string[] {
  const isOwn = objectType === "column" || (objectType === "table" && privileges.length > 0);
  return isOwn ? [...new Set([...previous, ...privileges])] : ["ALL PRIVILEGES"];
}

/** Checks the result: where the login has no grant option, the server only warns and grants nothing. */
async function expectGranted(client: Client, grant: Grant): Promise<void> {
  for (const { object, privileges } of await readGranted(client, grant)) {
    const missing = grant.privileges.filter((one) => !privileges.includes(one));
    if (missing.length > 0) {
      throw fault("STATEMENT_FAILED", {
        what: `granting ${describeGrant(grant)}`,
        found: `a login that neither owns "${object}" nor has ${missing.join(", ")} on it with a grant option`,
        remedy: "Let its owner grant it to the provider's login with a grant option",
      });
    }
  }
}

/** The grant with the role's present privileges; for a view, which is not read, with its own. */
async function readGrant(client: Client, grant: Grant): Promise<Properties | undefined> {
  if (!(await isGrantable(client, grant))) {
    return undefined;
  }
  const found = await readGranted(client, grant);
  if (grant.objectType === "column") {
    const has = found.filter(({ privileges }) =>
      privileges.some((one) => grant.privileges.includes(one)),
    );
    return { ...grant, columns: has.map(({ object }) => object) };
  }
  return { ...grant, privileges: found[0]?.privileges ?? grant.privileges };
}
