import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { isGrantedByRun } from "../runner/directive/objectType";
import type { AccessGrant, AccessMatrix } from "../runner/model";

export interface GrantsArgs {
  readonly access: AccessMatrix;
  readonly databaseName: pulumi.Input<string>;
  /** By name, each granted role, followed by its logins. */
  readonly roles: ReadonlyMap<string, readonly pulumi.Resource[]>;
  /** Makes the objects on which privileges are granted. */
  readonly migration: pulumi.Resource;
  readonly provider: postgresql.Provider;
}

/**
 * The access matrix's grants on schemas, tables and columns: one Grant for each role and object, because a Grant that gets
 * another object is replaced, which would revoke the role's access for a moment.
 *
 * Grants on one object depend on each other: the server refuses concurrent changes of one catalog row ("tuple concurrently
 * updated"). Each Grant depends on its own role and on the migration directly, so that a role that is removed from the
 * matrix is dropped after its grants. It also depends on the role's logins: the official plugin locks a role, then its
 * members, and two that do so at once can deadlock (40P01).
 */
export class Grants extends pulumi.ComponentResource {
  /** The number of grants. */
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

/** `v7_agent-public.v7_global_impacts-update`; a column grant has one privilege, which makes its name unique. */
function grantName({ role, objectType, privileges }: AccessGrant, object: string): string {
  const suffix = objectType === "column" ? `-${privileges.join("-").toLowerCase()}` : "";
  return `${role}-${object}${suffix}`;
}
