import { CHECKOUT, PROJECT } from "../engine/paths";
import type { RunRequest } from "../runner/actions/run";
import { authorize, type ApprovalRules } from "../runner/approval/authorize";
import type { VerifyRequest } from "../runner/drift/verify";
import type { PlanRequest } from "../runner/plan/plan";
import { withCertificate } from "../runner/postgres/connection";
import { settingsRequest, type SettingsRequest } from "../runner/requests/settingsRequest";
import type { ParsedSettings } from "../runner/settings/stackSettings";
import { connectionFromUrl, readOutputs, readSettings } from "./stack";

/** What a verb needs to plan or run something on a stack's database. */
export interface StackRequest {
  readonly settings: ParsedSettings;
  readonly request: PlanRequest & VerifyRequest & SettingsRequest;
  readonly rules: ApprovalRules;
}

/**
 * Reads a stack's settings and the directives' files, and finds the stack's database. Connects to nothing.
 *
 * @throws ENGINE_MISSING, STACK_MISSING, the SETTING_ codes, MANIFEST_INVALID, DIRECTIVE_CHANGED, SQL_UNPARSABLE
 */
export async function readStackRequest(stack: string): Promise<StackRequest> {
  const settings = await readSettings(stack);
  const fromSettings = await settingsRequest(settings);
  const { external } = settings;
  // An external server is in the settings; one of the stack's own is in the outputs, once it was made.
  const connection =
    external === undefined
      ? connectionFromUrl((await readOutputs(stack)).databaseUrl)
      : withCertificate(CHECKOUT, external);
  return {
    settings,
    request: { project: PROJECT, stack, connection, ...fromSettings },
    rules: { ...settings, projectFolder: CHECKOUT },
  };
}

/** The request of a run. Approvals are judged in the run's own transaction, as in `pulumi up`. */
export function runRequest(
  { request, rules, settings }: StackRequest,
  onProgress: (message: string) => void = () => undefined,
): StackRequest["request"] & RunRequest {
  return {
    ...request,
    lockTimeoutSeconds: settings.lockTimeoutSeconds,
    statementTimeoutSeconds: settings.statementTimeoutSeconds,
    authorize: (prepared, client) => authorize(prepared, client, rules),
    onProgress,
  };
}
