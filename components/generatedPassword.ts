import * as pulumi from "@pulumi/pulumi";

/** A random password that is generated once, with its SCRAM-SHA-256 verifier. Both are secret. */
export class GeneratedPassword extends pulumi.CustomResource {
  declare public readonly password: pulumi.Output<string>;
  /** Given to the server in place of the password. */
  declare public readonly verifier: pulumi.Output<string>;

  public constructor(name: string, opts?: pulumi.CustomResourceOptions) {
    super(
      "directive:index:GeneratedPassword",
      name,
      { password: undefined, verifier: undefined },
      pulumi.mergeOptions({ additionalSecretOutputs: ["password", "verifier"] }, opts),
    );
  }
}
