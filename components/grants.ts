import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { isGrantedByRun } from "../runner/directive/objectType";
import type { AccessGrant, AccessMatrix } from "../runner/model";

export interface GrantsArgs {
  readonly access: AccessMatrix;
  readonly databaseName: pulumi.Input<string>;
  /** By name, the roles that are granted to, each followed by its logins. */
  readonly roles: ReadonlyMap<string, readonly pulumi.Resource[]>;
  /** What makes the objects that are granted on. */
  readonly migration: pulumi.Resource;
  readonly provider: postgresql.Provider;
}

/**
 * The access matrix's grants on schemas, tables and columns, one a role and object: adding an object to a shared grant would replace it, and take the
 * role's access away for a moment.
 *
 * Grants on one object follow each other: the server refuses two that change the same row of its catalog at once
 * ("tuple concurrently updated"). Each depends on its own role and on the migration, not only through this component: a
 * role that goes from the matrix is dropped after its grants, in whatever order the engine deletes. So are the role's
 * logins: the official plugin locks a role, then its members, and two that do so at once deadlock (40P01).
 */
export class Grants extends pulumi.ComponentResource {
  /** How many there are. */
  public readonly count: number;

  public constructor(name: string, args: GrantsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("v7:components:Grants", name, {}, opts);
    const { access, databaseName, provider, roles, migration } = args;
    const lastOnObject = new Map<string, postgresql.Grant>();
    const wanted = access.grants.filter((grant) => !isGrantedByRun(grant));
    for (const grant of wanted) {
      const object = [grant.schema, grant.object].filter((part) => part !== undefined).join(".");
      const previous = lastOnObject.get(object);
      const resource = new postgresql.Grant(
        `${name}-${grantName(grant, object)}`,
        {
          database: databaseName,
          role: grant.role,
          objectType: grant.objectType,
          schema: grant.schema,
          privileges: [...grant.privileges],
          ...(grant.object === undefined ? {} : { objects: [grant.object] }),
          ...(grant.columns === undefined ? {} : { columns: [...grant.columns] }),
        },
        {
          parent: this,
          provider,
          dependsOn: [
            ...(roles.get(grant.role) ?? []),
            migration,
            ...(previous === undefined ? [] : [previous]),
          ],
        },
      );
      lastOnObject.set(object, resource);
    }
    this.count = wanted.length;
    this.registerOutputs({ count: this.count });
  }
}

/** `v7_agent-public.v7_global_impacts-update`: a column grant is one privilege, so that its name is its own. */
function grantName({ role, objectType, privileges }: AccessGrant, object: string): string {
  const suffix = objectType === "column" ? `-${privileges.join("-").toLowerCase()}` : "";
  return `${role}-${object}${suffix}`;
}
