import * as pulumi from "@pulumi/pulumi";
import { directiveInputs, type DirectiveResourceArgs } from "./directiveResource";

/** Fails where the live target is protected and the plan is not approved. Everything else depends on this resource. */
export class ApprovalGate extends pulumi.CustomResource {
  /** Whether the database says that it needs approvals. */
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
