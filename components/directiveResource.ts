import type * as pulumi from "@pulumi/pulumi";
import { membersByRole } from "../runner/logins";
import type { Connection } from "./database";
import type { Directive } from "./directive";
import type { Settings } from "./settings";

/** What ApprovalGate, MigrationRunner and CatalogCheck are told: which bytes, on which target, under which rules. */
export interface DirectiveResourceArgs {
  readonly settings: Settings;
  readonly directive: Directive;
  readonly connection: Connection;
}

/** The inputs of those three resources of the plugin `directive`. */
export function directiveInputs({
  settings,
  directive,
  connection,
}: DirectiveResourceArgs): pulumi.Inputs {
  return {
    ...connection,
    project: settings.project,
    stack: settings.stack,
    directive: directive.name,
    amendments: directive.amendments,
    steps: directive.plannedSteps,
    access: directive.access.sha256,
    members: membersByRole(settings.logins),
    requireApproval: settings.requireApproval,
    allowedSigners: settings.allowedSigners,
    requiredApprovals: settings.requiredApprovals,
    lockTimeout: settings.lockTimeoutSeconds,
    statementTimeout: settings.statementTimeoutSeconds,
  };
}
