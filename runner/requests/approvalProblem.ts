import { authorize, type ApprovalRules } from "../approval/authorize";
import { checkoutFolder } from "../base/checkoutFolder";
import { messageOf } from "../base/fault";
import type { PlanRequest } from "../plan/plan";
import { preparePlan } from "../plan/preparePlan";
import { withCertificate, withConnection } from "../postgres/connection";
import type { RawSettings } from "../settings/settingKeys";
import { parseSettings } from "../settings/stackSettings";
import { DIRECTIVE_INPUTS, readRequest, readRules } from "./directiveRequest";
import { refuseInputs } from "./inputShape";
import { settingsRequest } from "./settingsRequest";

/**
 * Why the plan of these inputs may not run, as a message for a person; undefined where it may, or has nothing to run.
 *
 * Trusts no earlier result: the plan is made anew from the directives' files and the live database, and every approval is
 * verified. A check that fails, because a server does not answer or a file cannot be read, is a reason, too.
 *
 * @param inputs of an ApprovalGate or a MigrationRunner
 */
export async function approvalProblem(
  inputs: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  return await problemOf(async () => {
    refuseInputs("the directive's resources", DIRECTIVE_INPUTS, inputs);
    await check((await readRequest(inputs)).request, readRules(inputs));
  });
}

/**
 * The same for a stack's settings `v7:…`, without their prefix. Undefined for a stack whose server is embedded or in a
 * container: its settings do not name the server's address.
 */
export async function settingsProblem(
  project: string,
  stack: string,
  raw: RawSettings,
): Promise<string | undefined> {
  return await problemOf(async () => {
    const settings = parseSettings(raw);
    if (settings.external !== undefined) {
      const projectFolder = checkoutFolder();
      const connection = withCertificate(projectFolder, settings.external);
      const request = { project, stack, connection, ...(await settingsRequest(settings)) };
      await check(request, { ...settings, projectFolder });
    }
  });
}

async function check(request: PlanRequest, rules: ApprovalRules): Promise<void> {
  await withConnection(
    request.connection,
    async (client) => {
      await authorize(await preparePlan(client, request), client, rules);
    },
    { applicationName: "v7 policy" },
  );
}

async function problemOf(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
