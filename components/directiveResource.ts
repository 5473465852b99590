import type * as pulumi from "@pulumi/pulumi";
import { plannedStep } from "../runner/plan/plan";
import type { SettingsRequest } from "../runner/requests/settingsRequest";
import type { Connection } from "./connection";
import type { Settings } from "./settings";

/** The arguments of ApprovalGate, MigrationRunner and CatalogCheck: settings, directives and target. */
export interface DirectiveResourceArgs {
  readonly settings: Settings;
  readonly directives: SettingsRequest;
  readonly connection: Connection;
}

/** The inputs of those three resources of the plugin `directive`. */
export function directiveInputs({
  settings,
  directives,
  connection,
}: DirectiveResourceArgs): pulumi.Inputs {
  return {
    ...connection,
    project: settings.project,
    stack: settings.stack,
    amendments: settings.amendments,
    ...(settings.roleSuffix === "" ? {} : { roleSuffix: settings.roleSuffix }),
    steps: directives.steps.map(plannedStep),
    access: directives.access.sha256,
    members: directives.members,
    requireApproval: settings.requireApproval,
    allowedSigners: settings.allowedSigners,
    requiredApprovals: settings.requiredApprovals,
    forbidSelfApproval: settings.forbidSelfApproval,
    lockTimeout: settings.lockTimeoutSeconds,
    statementTimeout: settings.statementTimeoutSeconds,
  };
}
