import * as pulumi from "@pulumi/pulumi";

export interface ContainerServerArgs {
  readonly stack: string;
  /** Docker's id of the container; the resource waits again for a new container. */
  readonly containerId: pulumi.Input<string>;
  /** The server's port on 127.0.0.1. */
  readonly port: pulumi.Input<number>;
  readonly databaseName: string;
  readonly user: string;
  /** A secret. */
  readonly password: pulumi.Input<string>;
}

/** The server in the stack's container, ready for the stack's login. */
export class ContainerServer extends pulumi.CustomResource {
  /** Known once the server answers there. */
  declare public readonly port: pulumi.Output<number>;

  public constructor(name: string, args: ContainerServerArgs, opts?: pulumi.CustomResourceOptions) {
    super("directive:index:ContainerServer", name, { ...args, systemIdentifier: undefined }, opts);
  }
}
