import * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection";

export interface DatabaseCloneArgs {
  /** The stack that the database belongs to. */
  readonly stack: pulumi.Input<string>;
  /** The database of the same server that is copied. */
  readonly template: pulumi.Input<string>;
  /** The server, the login that owns the database, and the database's name. */
  readonly connection: Connection;
}

/** A database of this stack on a shared server, copied from a template and removed with the stack. */
export class DatabaseClone extends pulumi.CustomResource {
  /** Known once the database exists; resources that connect to it wait for this output. */
  declare public readonly databaseName: pulumi.Output<string>;

  public constructor(name: string, args: DatabaseCloneArgs, opts?: pulumi.CustomResourceOptions) {
    const { stack, template, connection } = args;
    super("directive:index:DatabaseClone", name, { stack, template, ...connection }, opts);
  }
}
