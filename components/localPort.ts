import * as pulumi from "@pulumi/pulumi";

/** A port of 127.0.0.1, chosen once among the free ones; the stack keeps it. */
export class LocalPort extends pulumi.CustomResource {
  declare public readonly port: pulumi.Output<number>;

  public constructor(name: string, opts?: pulumi.CustomResourceOptions) {
    super("directive:index:LocalPort", name, { port: undefined }, opts);
  }
}
