import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import type { AccessMatrix } from "../runner/model";
import type { Login } from "../runner/settings/logins";

export interface RolesArgs {
  readonly access: AccessMatrix;
  /** The logins; each is a member of one group role. */
  readonly logins: readonly Login[];
  readonly provider: postgresql.Provider;
}

/** The attributes of every role: none that bypasses grants. Set by CREATE ROLE, because Supabase refuses to change them. */
const PLAIN_ROLE = {
  superuser: false,
  createRole: false,
  createDatabase: false,
  replication: false,
  bypassRowLevelSecurity: false,
  inherit: true,
} as const;

/** The access matrix's group roles, which do not log in, and the logins that the settings give them. */
export class Roles extends pulumi.ComponentResource {
  /** By a group role's name, the role, followed by its logins. */
  public readonly groups: ReadonlyMap<string, readonly postgresql.Role[]>;
  /** The group roles' names, in the matrix's order. */
  public readonly names: pulumi.Output<string[]>;

  public constructor(name: string, args: RolesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("v7:components:Roles", name, {}, opts);
    const { access, logins, provider } = args;
    const made = Object.keys(access.roles).map((role) => {
      const group = new postgresql.Role(
        `${name}-${role}`,
        { name: role, login: false, ...PLAIN_ROLE },
        { parent: this, provider },
      );
      const members = logins
        .filter((login) => login.role === role)
        .map(
          (login) =>
            new postgresql.Role(
              `${name}-${login.name}`,
              {
                name: login.name,
                login: true,
                ...PLAIN_ROLE,
                password: pulumi.secret(login.password),
                // Not by a GrantRole: the plugin reads memberships into `roles`, and both would undo each other.
                roles: [group.name],
              },
              { parent: this, provider },
            ),
        );
      return { role, group, members };
    });
    this.groups = new Map(made.map(({ role, group, members }) => [role, [group, ...members]]));
    this.names = pulumi.all(made.map(({ group }) => group.name));
    this.registerOutputs({ names: this.names });
  }
}
