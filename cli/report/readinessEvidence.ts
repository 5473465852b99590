import { resolve } from "node:path";
import type { ClientBase } from "pg";
import { parseAllowedSigners } from "../../runner/approval/allowedSigners";
import { authorize, type ApprovalRules } from "../../runner/approval/authorize";
import { readAllowedSigners } from "../../runner/approval/files";
import { unlessFault } from "../../runner/base/fault";
import { formatDifference } from "../../runner/catalog/compare";
import { verifyDatabase, type VerifyRequest } from "../../runner/drift/verify";
import { pinnedTrust } from "../../runner/history/pinnedTrust";
import type { PreparedPlan } from "../../runner/plan/plan";
import { preparePlan } from "../../runner/plan/preparePlan";
import { stoppingObstacles } from "../../runner/plan/stoppingObstacles";
import { withConnection } from "../../runner/postgres/connection";
import { serverVersion } from "../../runner/postgres/serverVersion";
import { rehearse } from "../../runner/rehearsal/rehearse";
import type { RehearseRequest } from "../../runner/rehearsal/rehearsedTarget";
import { evidenceOf, type Evidence, type Readiness } from "./evidence";

type Request = RehearseRequest & VerifyRequest;

/**
 * Whether the scripts have been applied to the stack's database, or could run on approval. Only reads it; pending steps run
 * on a throwaway server.
 */
export async function readinessEvidence(
  stack: Promise<{ readonly request: Request; readonly rules: ApprovalRules }>,
): Promise<Readiness> {
  const ask = async (): Promise<Readiness> => {
    const { request, rules } = await stack;
    return await withConnection(
      request.connection,
      async (client) => {
        const prepared = await preparePlan(client, request);
        return prepared.digest === undefined
          ? { evidence: [await applied(client, request)], awaited: [] }
          : {
              evidence: [
                obstaclesEvidence(prepared, await serverVersion(client)),
                await rehearsed(request),
              ],
              awaited: await awaited(client, prepared, rules),
            };
      },
      { applicationName: "v7 report" },
    );
  };
  const claim = "the stack was looked at";
  return await unlessFault(ask, ({ message }) => ({
    evidence: [evidenceOf("readiness", claim, [message], [])],
    awaited: [],
  }));
}

async function applied(client: ClientBase, request: Request): Promise<Evidence> {
  const { differences, history, schemaFingerprint, historyHead } = await verifyDatabase(
    client,
    request,
  );
  const version = await serverVersion(client);
  const claim = "the directive has been applied to the stack's database as it was approved";
  return evidenceOf("readiness", claim, differences.map(formatDifference), [
    `PostgreSQL ${version}: nothing is pending, and no difference was found`,
    `${history.length} rows of history, head ${historyHead ?? "none"}`,
    `schema fingerprint ${schemaFingerprint}`,
  ]);
}

function obstaclesEvidence({ digest, plan, obstacles }: PreparedPlan, version: string): Evidence {
  const lasting = stoppingObstacles(obstacles).map(({ found, remedy }) => `${found}: ${remedy}`);
  return evidenceOf("readiness", "the plan has no obstacle in the stack's database", lasting, [
    `PostgreSQL ${version}, plan ${digest ?? "none"}, ${plan?.steps.length ?? 0} steps`,
  ]);
}

async function rehearsed(request: Request): Promise<Evidence> {
  const claim = "the plan was rehearsed on a throwaway server, with the result that is expected";
  return await unlessFault(
    async () => {
      const result = await rehearse(request);
      if (result === undefined) {
        return evidenceOf("readiness", claim, ["nothing was pending any more"], []);
      }
      const { differences, statements, transactionMs, serverVersion, fingerprint } = result;
      return evidenceOf("readiness", claim, differences, [
        `${statements.length} statements in one transaction of ${transactionMs.toFixed(0)} ms on PostgreSQL ${serverVersion}`,
        `schema fingerprint ${fingerprint}`,
      ]);
    },
    ({ message }) => evidenceOf("readiness", claim, [message], []),
  );
}

async function awaited(
  client: ClientBase,
  prepared: PreparedPlan,
  rules: ApprovalRules,
): Promise<string[]> {
  return await unlessFault(
    async () => {
      await authorize(prepared, client, rules);
      return [];
    },
    async ({ code }) => [
      ...(await signersAwaited(prepared, rules)),
      `The Architect's approval of plan ${prepared.digest ?? ""} (${code})`,
    ],
  );
}

async function signersAwaited({ history }: PreparedPlan, rules: ApprovalRules): Promise<string[]> {
  const { allowedSigners: path, projectFolder } = rules;
  const content = (): string =>
    pinnedTrust(history)?.allowedSigners ?? readAllowedSigners(resolve(projectFolder, path));
  return await unlessFault(
    () => (parseAllowedSigners(content()).length > 0 ? [] : ["a signer"]),
    ({ code }) => [`The Architect's public key in ${path}, where no signer can be read (${code})`],
  );
}
