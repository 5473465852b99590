import { join, resolve } from "node:path";
import type { ApprovalRules } from "../approval/authorize";
import { checkoutFolder } from "../base/checkoutFolder";
import { fault } from "../base/fault";
import { loadDirectives, stepKey, type Directives } from "../directive/directive";
import type { VerifyRequest } from "../drift/verify";
import type { ConnectionSettings, PlannedStep } from "../model";
import type { PlanRequest } from "../plan/plan";
import { withCertificate } from "../postgres/connection";
import {
  count,
  flag,
  mappings,
  oneOf,
  optional,
  port,
  seconds,
  text,
  texts,
  textsByName,
  type InputRule,
  type InputShape,
  type InputsOf,
} from "./inputShape";

/** A resource's inputs, not yet checked. */
type Inputs = Readonly<Record<string, unknown>>;

/**
 * The inputs that ApprovalGate, MigrationRunner and CatalogCheck share. `steps` and `access` have the digests of the files
 * that the program read; the plugin reads the files again and refuses other bytes.
 */
export const DIRECTIVE_INPUTS = {
  project: text,
  stack: text,
  /** Ids of the optional amendments. */
  amendments: texts,
  /** Appended to each role's name of the access matrix. Default: nothing. */
  roleSuffix: optional(text),
  steps: mappings("directive", "id", "kind", "sha256"),
  /** The sha256 of the access matrix. */
  access: text,
  /** By group role, its logins. */
  members: textsByName,
  host: text,
  port,
  databaseName: text,
  user: text,
  password: text,
  sslMode: oneOf("disable", "require", "verify-ca", "verify-full"),
  /** Path of a PEM file, relative to the project. */
  caCertificate: optional(text),
  // Undefined means the session's default.
  lockTimeout: optional(seconds) as InputRule<number>,
  statementTimeout: optional(seconds) as InputRule<number>,
  requireApproval: flag,
  allowedSigners: text,
  requiredApprovals: count,
  /** Refuse a run whose only signer is the person who starts it. */
  forbidSelfApproval: optional(flag),
} satisfies InputShape;

export type DirectiveInputs = InputsOf<typeof DIRECTIVE_INPUTS>;

/**
 * Reads the directives' files and joins them with the inputs.
 *
 * @throws DIRECTIVE_CHANGED where the files are not those that the program read
 */
export async function readRequest(properties: Inputs): Promise<{
  readonly inputs: DirectiveInputs;
  readonly request: PlanRequest & VerifyRequest & Directives;
}> {
  const inputs = properties as unknown as DirectiveInputs;
  const sqlFolder = join(checkoutFolder(), "sql");
  const directives = await loadDirectives(sqlFolder, inputs.amendments, inputs.roleSuffix);
  const line = (step: Pick<PlannedStep, "directive" | "id" | "sha256">): string =>
    `${stepKey(step)} ${step.sha256}`;
  const found = [...directives.steps.map(line), `access ${directives.access.sha256}`];
  const expected = [...inputs.steps.map(line), `access ${inputs.access}`];
  const changed = found.find((one, index) => one !== expected[index]);
  if (changed !== undefined || found.length !== expected.length) {
    throw fault("DIRECTIVE_CHANGED", {
      what: "reading the folder sql again before running it",
      found: changed === undefined ? "other steps" : `another ${changed.split(" ")[0] ?? "step"}`,
      expected: "the bytes that the program planned",
      remedy: "Find out who changed the files during the run, and run again",
    });
  }
  return {
    inputs,
    request: {
      project: inputs.project,
      stack: inputs.stack,
      connection: connectionOf(properties),
      ...directives,
      members: inputs.members,
      signersFile: resolve(checkoutFolder(), inputs.allowedSigners),
    },
  };
}

/** The stack's rules on approvals. Approval is required unless the inputs say that it is not. */
export function readRules(properties: Inputs): ApprovalRules {
  const { allowedSigners, requiredApprovals } = properties as unknown as DirectiveInputs;
  return {
    requireApproval: properties["requireApproval"] !== false,
    requiredApprovals,
    allowedSigners,
    forbidSelfApproval: properties["forbidSelfApproval"] === true,
    projectFolder: checkoutFolder(),
  };
}

/** The connection that these inputs describe; their shapes were checked. */
export function connectionOf(properties: Inputs): ConnectionSettings {
  const inputs = properties as unknown as DirectiveInputs;
  const { host, databaseName, user, password, sslMode, caCertificate } = inputs;
  const connection = { host, port: inputs.port, databaseName, user, password, sslMode };
  return withCertificate(
    checkoutFolder(),
    caCertificate === undefined ? connection : { ...connection, caCertificate },
  );
}
