import { join } from "node:path";
import { loadDirectives } from "../../runner/directive/directive";
import { plannedStep } from "../../runner/plan/plan";
import { startPlugin, type PluginProcess } from "../integration/postgresqlPlugin/pluginProcess";
import { secret, type Wire } from "../unit/plugin/pluginClient";
import type { Checkout } from "./checkout";
import type { TestDatabase } from "./postgres";

/** A checkout's own plugin, started as the engine starts it, but called by a test and not by Pulumi. */
export function startOwnPlugin(
  { folder }: Checkout,
  environment: Readonly<Record<string, string>> = {},
): Promise<PluginProcess> {
  const file = join(folder, "runner", "plugin", "pulumi-resource-directive");
  return startPlugin(file, environment);
}

/** The program's inputs of the gate, the migration and the check of a stack on that database. */
export async function directiveInputs(checkout: Checkout, database: TestDatabase): Promise<Wire> {
  const { steps, access } = await loadDirectives(join(checkout.folder, "sql"), []);
  return {
    project: "v7",
    stack: "test",
    amendments: [],
    steps: steps.map((step) => ({ ...plannedStep(step) })),
    access: access.sha256,
    members: {},
    host: database.host,
    port: database.port,
    databaseName: database.name,
    user: database.owner,
    password: secret(database.ownerPassword),
    sslMode: "disable",
    lockTimeout: 5,
    statementTimeout: 600,
    requireApproval: true,
    allowedSigners: "sql/ad_005/approvals/allowed_signers",
    requiredApprovals: 1,
  };
}
