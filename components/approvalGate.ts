import * as pulumi from "@pulumi/pulumi";
import { directiveInputs, type DirectiveResourceArgs } from "./directiveResource";

/** Everything else depends on it: it fails where the live target is protected and this plan was not signed for. */
export class ApprovalGate extends pulumi.CustomResource {
  /** Whether the database needs approval, as the database itself says. */
  declare public readonly isProtected: pulumi.Output<boolean>;

  public constructor(
    name: string,
    args: DirectiveResourceArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const outputs = { isProtected: undefined, planDigest: undefined };
    super("directive:index:ApprovalGate", name, { ...outputs, ...directiveInputs(args) }, opts);
  }
}
