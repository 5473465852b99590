import type { Client } from "pg";
import type { Properties, ResourceType } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import { lockTouched } from "./locks";
import { checkShape, diffShape, readResult, withDefaults, type Shape } from "./shape";
import { name } from "./sql";
import { inTransaction } from "./transaction";

const SHAPE = {
  role: { kind: "text", isRequired: true, replaces: true },
  grantRole: { kind: "text", isRequired: true, replaces: true },
  withAdminOption: { kind: "flag", otherwise: false, replaces: true },
} as const satisfies Shape;

interface Membership {
  readonly role: string;
  readonly grantRole: string;
  readonly withAdminOption: boolean;
}

/** `postgresql.GrantRole`: one role's membership in another. Declare a membership here or in `Role.roles`, never both. */
export function grantRoleResource(connections: () => Connections): ResourceType {
  const onServer = async <T>(what: string, work: (client: Client) => Promise<T>): Promise<T> =>
    inTransaction(connections(), connections().settings.databaseName, what, work);

  return {
    check: (inputs) => Promise.resolve(checkShape(SHAPE, inputs)),
    diff: (_id, oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(diffShape(SHAPE, oldInputs, newInputs)),
    create: async (inputs, { preview }) => {
      const outputs = withDefaults(SHAPE, inputs);
      const membership = membershipOf(outputs);
      if (!preview) {
        await onServer(`granting ${describe(membership)}`, (client) => grant(client, membership));
      }
      return { id: idOf(membership), outputs };
    },
    read: async (_id, inputs, outputs) => {
      const membership = membershipOf(withDefaults(SHAPE, { ...outputs, ...inputs }));
      const isAdmin = await onServer(`reading ${describe(membership)}`, (client) =>
        readAdminOption(client, membership),
      );
      if (isAdmin === undefined) {
        return undefined;
      }
      const found = { ...membership, withAdminOption: isAdmin };
      return readResult(SHAPE, idOf(found), inputs, found);
    },
    // Every property replaces, so there is nothing to change in place.
    update: (_id, _oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(withDefaults(SHAPE, newInputs)),
    delete: async (_id, inputs) => {
      const membership = membershipOf(withDefaults(SHAPE, inputs));
      await onServer(`revoking ${describe(membership)}`, async (client) => {
        await lockTouched(client, { roles: [membership.role, membership.grantRole] });
        if ((await readAdminOption(client, membership)) !== undefined) {
          await revoke(client, membership);
        }
      });
    },
  };
}

async function grant(client: Client, membership: Membership): Promise<void> {
  await lockTouched(client, { roles: [membership.role, membership.grantRole] });
  // Taken back first, as an admin option that is there already would stay.
  await revoke(client, membership);
  const option = membership.withAdminOption ? " WITH ADMIN OPTION" : "";
  await client.query(`GRANT ${name(membership.grantRole)} TO ${name(membership.role)}${option}`);
}

async function revoke(client: Client, { role, grantRole }: Membership): Promise<void> {
  await client.query(`REVOKE ${name(grantRole)} FROM ${name(role)}`);
}

/** Undefined where there is no such membership. From PostgreSQL 16 on there may be one by each grantor. */
async function readAdminOption(
  client: Client,
  { role, grantRole }: Membership,
): Promise<boolean | undefined> {
  const { rows } = await client.query<{ is_admin: boolean | null }>(
    `SELECT bool_or(m.admin_option) AS is_admin
       FROM pg_catalog.pg_auth_members m
       JOIN pg_catalog.pg_roles r ON r.oid = m.roleid AND r.rolname = $2
       JOIN pg_catalog.pg_roles who ON who.oid = m.member AND who.rolname = $1`,
    [role, grantRole],
  );
  return rows[0]?.is_admin ?? undefined;
}

function membershipOf(full: Properties): Membership {
  return full as unknown as Membership;
}

function describe({ role, grantRole }: Membership): string {
  return `the role "${grantRole}" to "${role}"`;
}

function idOf({ role, grantRole, withAdminOption }: Membership): string {
  return [role, grantRole, String(withAdminOption)].join("_");
}
