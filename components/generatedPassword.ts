import * as pulumi from "@pulumi/pulumi";

/** A random password, made once, with its SCRAM-SHA-256 verifier; both secrets. */
export class GeneratedPassword extends pulumi.CustomResource {
  declare public readonly password: pulumi.Output<string>;
  /** What a server can be given instead of the password. */
  declare public readonly verifier: pulumi.Output<string>;

  public constructor(
    name: string,
    _args: Record<string, never>,
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      "directive:index:GeneratedPassword",
      name,
      { password: undefined, verifier: undefined },
      pulumi.mergeOptions({ additionalSecretOutputs: ["password", "verifier"] }, opts),
    );
  }
}
