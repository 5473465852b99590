import type { Client } from "pg";
import { fault } from "../../runner/base/fault";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import { isDatabaseThere } from "./databaseThere";
import { isGrantable, readGranted } from "./grantRead";
import { checkGrant, describeGrant, GRANT_SHAPE, grantId, type Grant } from "./grantShape";
import { grantTarget } from "./grantTarget";
import { lockTouched } from "./locks";
import { asMemberOf, serverMajor } from "./memberships";
import { isSamePrivileges, missingPrivileges } from "./privileges";
import { diffShape, readResult, withDefaults } from "./shape";
import { grantee } from "./sql";
import { inTransaction } from "./transaction";

/** `postgresql.Grant`: what a role may do with the objects of one kind. `privileges: []` declares that it may nothing. */
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
      const outputs = withDefaults(GRANT_SHAPE, inputs);
      const grant = grantOf(outputs);
      if (preview) {
        return { id: "", outputs };
      }
      await apply(grant, []);
      return { id: grantId(grant), outputs };
    },
    read: async (id, inputs, outputs) => {
      const grant = grantOf(withDefaults(GRANT_SHAPE, { ...outputs, ...inputs }));
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
      const outputs = withDefaults(GRANT_SHAPE, newInputs);
      if (!preview) {
        await apply(grantOf(outputs), grantOf(withDefaults(GRANT_SHAPE, oldInputs)).privileges);
      }
      return outputs;
    },
    delete: async (_id, inputs) => {
      const grant = grantOf(withDefaults(GRANT_SHAPE, inputs));
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

/** Takes back what there was and grants what there shall be, in one transaction: nobody sees the moment between. */
async function applyGrant(
  client: Client,
  grant: Grant,
  previous: readonly string[],
): Promise<void> {
  const { role, schema, objectType, columns } = grant;
  if (objectType === "column" && columns.length === 0) {
    // What a read found of a grant that somebody has revoked altogether: nothing is left to take back.
    return;
  }
  await lockTouched(client, { roles: [role], schemas: [schema] });
  const target = await grantTarget(client, grant);
  await asMemberOf(client, target.owners, async () => {
    const revoked = revokedPrivileges(grant, previous);
    await client.query(
      `REVOKE ${listed(revoked, target.columns)} ON ${target.on} FROM ${grantee(role)}`,
    );
    if (grant.privileges.length > 0) {
      const option = grant.withGrantOption ? " WITH GRANT OPTION" : "";
      const privileges = listed(grant.privileges, target.columns);
      await client.query(`GRANT ${privileges} ON ${target.on} TO ${grantee(role)}${option}`);
    }
  });
  await expectGranted(client, grant);
}

/** Of listed objects, only what this grant is and was about; else everything, as the official plugin does. */
function revokedPrivileges(grant: Grant, previous: readonly string[]): readonly string[] {
  const own = [...new Set([...previous, ...grant.privileges])];
  const isListed = grant.objects.length > 0 && grant.privileges.length > 0;
  const isColumn = grant.objectType === "column";
  return (isListed || isColumn) && own.length > 0 ? own : ["ALL"];
}

function listed(privileges: readonly string[], columns: string): string {
  const words = privileges.includes("ALL") ? ["ALL PRIVILEGES"] : privileges;
  return words.map((one) => one + columns).join(", ");
}

/** A login without a grant option is told so by a mere warning of the server's, and nothing is granted. */
async function expectGranted(client: Client, grant: Grant): Promise<void> {
  const major = await serverMajor(client);
  for (const { object, privileges } of await readGranted(client, grant)) {
    const missing = missingPrivileges(grant.objectType, grant.privileges, privileges, major);
    if (missing.length > 0) {
      throw fault("STATEMENT_FAILED", {
        what: `granting ${describeGrant(grant)}`,
        found: `a login that neither owns "${object}" nor has ${missing.join(", ")} on it with a grant option`,
        remedy: "Let its owner grant it to the provider's login with a grant option",
      });
    }
  }
}

/** The privileges of the first object that has others than the grant says; the grant's own where all are as it says. */
async function readGrant(client: Client, grant: Grant): Promise<Properties | undefined> {
  if (!(await isGrantable(client, grant))) {
    return undefined;
  }
  const found = await readGranted(client, grant);
  const { objectType: type, privileges: wanted } = grant;
  const major = await serverMajor(client);
  if (type === "column") {
    const has = found.filter((one) =>
      one.privileges.some((privilege) => wanted.includes(privilege)),
    );
    return { ...grant, columns: has.map((one) => one.object) };
  }
  const other = found.find((one) => !isSamePrivileges(type, wanted, one.privileges, major));
  return { ...grant, privileges: other?.privileges ?? wanted };
}

function grantOf(full: Properties): Grant {
  return full as unknown as Grant;
}
