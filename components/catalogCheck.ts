import * as pulumi from "@pulumi/pulumi";
import { directiveInputs, type DirectiveResourceArgs } from "./directiveResource";

export interface CatalogCheckArgs extends DirectiveResourceArgs {
  /** MigrationRunner's historyHead: on a database made anew the history begins anew with it. */
  readonly migrationHead: pulumi.Input<string>;
}

/** Compares the database with what was approved, after everything else: objects, privileges, roles and history. */
export class CatalogCheck extends pulumi.CustomResource {
  declare public readonly schemaFingerprint: pulumi.Output<string>;
  declare public readonly historyHead: pulumi.Output<string>;
  /** One line for each object that differs; empty without drift. */
  declare public readonly drift: pulumi.Output<string[]>;

  public constructor(name: string, args: CatalogCheckArgs, opts?: pulumi.CustomResourceOptions) {
    const outputs = {
      schemaFingerprint: undefined,
      historyHead: undefined,
      drift: undefined,
      database: undefined,
    };
    const inputs = { ...directiveInputs(args), migrationHead: args.migrationHead };
    super("directive:index:CatalogCheck", name, { ...outputs, ...inputs }, opts);
  }
}
