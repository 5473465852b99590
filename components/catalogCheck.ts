import * as pulumi from "@pulumi/pulumi";
import { directiveInputs, type DirectiveResourceArgs } from "./directiveResource";

/** Compares what stands with what was approved, after everything else: objects, privileges, roles and history. */
export class CatalogCheck extends pulumi.CustomResource {
  declare public readonly schemaFingerprint: pulumi.Output<string>;
  declare public readonly historyHead: pulumi.Output<string>;
  /** A line an object that is not as it should be; empty where there is no drift. */
  declare public readonly drift: pulumi.Output<string[]>;

  public constructor(
    name: string,
    args: DirectiveResourceArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const outputs = { schemaFingerprint: undefined, historyHead: undefined, drift: undefined };
    super("directive:index:CatalogCheck", name, { ...outputs, ...directiveInputs(args) }, opts);
  }
}
