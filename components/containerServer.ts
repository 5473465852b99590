import * as pulumi from "@pulumi/pulumi";

export interface ContainerServerArgs {
  readonly stack: string;
  /** Docker's id of the container: another one is waited for anew. */
  readonly containerId: pulumi.Input<string>;
  /** Where it listens on 127.0.0.1. */
  readonly port: pulumi.Input<number>;
  readonly databaseName: string;
  readonly user: string;
  /** A secret. */
  readonly password: pulumi.Input<string>;
}

/** The server in the stack's container, once it lets the stack in. */
export class ContainerServer extends pulumi.CustomResource {
  /** Known once the server answers there. */
  declare public readonly port: pulumi.Output<number>;

  public constructor(name: string, args: ContainerServerArgs, opts?: pulumi.CustomResourceOptions) {
    super("directive:index:ContainerServer", name, { ...args, systemIdentifier: undefined }, opts);
  }
}
