import * as pulumi from "@pulumi/pulumi";
import { directiveInputs, type DirectiveResourceArgs } from "./directiveResource";

/** Applies the pending steps; deleting the resource rolls the directives back. */
export class MigrationRunner extends pulumi.CustomResource {
  /** The digest of the plan that ran. */
  declare public readonly planDigest: pulumi.Output<string>;
  /** The digest of the history's last row. */
  declare public readonly historyHead: pulumi.Output<string>;

  public constructor(
    name: string,
    args: DirectiveResourceArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const outputs = { planDigest: undefined, historyHead: undefined, database: undefined };
    super("directive:index:MigrationRunner", name, { ...outputs, ...directiveInputs(args) }, opts);
  }
}
