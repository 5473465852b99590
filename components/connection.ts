import type * as pulumi from "@pulumi/pulumi";

/** Where the directive's SQL runs, as inputs of the resources that connect there. */
export interface Connection {
  readonly host: pulumi.Input<string>;
  readonly port: pulumi.Input<number>;
  readonly databaseName: pulumi.Input<string>;
  readonly user: pulumi.Input<string>;
  /** A secret. */
  readonly password: pulumi.Input<string>;
  readonly sslMode: pulumi.Input<string>;
  /** Path of a PEM file, relative to the project; absent for the system's authorities. */
  readonly caCertificate?: pulumi.Input<string>;
}
