import { join, resolve } from "node:path";
import type { ApprovalRules } from "../approval/authorize";
import { checkoutFolder } from "../base/checkoutFolder";
import { fault } from "../base/fault";
import { loadDirectives, stepKey, type Directives } from "../directive/directive";
import type { VerifyRequest } from "../drift/verify";
import type { ConnectionSettings, PlannedStep, SslMode } from "../model";
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
  type InputShape,
} from "./inputShape";

/** A resource's inputs as they came, before anything is known of them. */
type Inputs = Readonly<Record<string, unknown>>;

/**
 * The inputs that ApprovalGate, MigrationRunner and CatalogCheck share. The program says which bytes it means (`steps`,
 * `access`); the plugin reads the files again and refuses others.
 */
export interface DirectiveInputs {
  readonly project: string;
  readonly stack: string;
  /** Ids of the optional amendments. */
  readonly amendments: readonly string[];
  /** Behind every role's name of the access matrix; absent: nothing. */
  readonly roleSuffix?: string;
  readonly steps: readonly PlannedStep[];
  /** The sha256 of the access matrix. */
  readonly access: string;
  /** By group role, its logins. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly user: string;
  readonly password: string;
  readonly sslMode: SslMode;
  /** Path of a PEM file, relative to the project. */
  readonly caCertificate?: string;
  /** In seconds. */
  readonly lockTimeout: number;
  /** In seconds. */
  readonly statementTimeout: number;
  readonly requireApproval: boolean;
  readonly allowedSigners: string;
  readonly requiredApprovals: number;
  /** May the one who starts the run not be the only signer? */
  readonly forbidSelfApproval: boolean;
}

/** What each of {@link DirectiveInputs} must be. */
export const DIRECTIVE_INPUTS: InputShape = {
  project: text,
  stack: text,
  amendments: texts,
  roleSuffix: optional(text),
  steps: mappings("directive", "id", "kind", "sha256"),
  access: text,
  members: textsByName,
  host: text,
  port,
  databaseName: text,
  user: text,
  password: text,
  sslMode: oneOf("disable", "require", "verify-ca", "verify-full"),
  caCertificate: optional(text),
  lockTimeout: optional(seconds),
  statementTimeout: optional(seconds),
  requireApproval: flag,
  allowedSigners: text,
  requiredApprovals: count,
  forbidSelfApproval: optional(flag),
};

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
  const meant = [...inputs.steps.map(line), `access ${inputs.access}`];
  const changed = found.find((one, index) => one !== meant[index]);
  if (changed !== undefined || found.length !== meant.length) {
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
      connection: connectionOf(inputs),
      ...directives,
      members: inputs.members,
      signersFile: signersFileOf(properties),
    },
  };
}

/** The stack's rules on approvals; what is not said counts as required. */
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

/** An input that is missing names no file: reading it then says so. */
function signersFileOf({ allowedSigners }: Inputs): string {
  return resolve(checkoutFolder(), typeof allowedSigners === "string" ? allowedSigners : "");
}

type ConnectionInputs = Pick<DirectiveInputs, keyof ConnectionSettings>;

/** How these inputs reach their database. */
export function connectionOf(inputs: ConnectionInputs): ConnectionSettings {
  const { host, databaseName, user, password, sslMode, caCertificate } = inputs;
  const connection = { host, port: inputs.port, databaseName, user, password, sslMode };
  return withCertificate(
    checkoutFolder(),
    caCertificate === undefined ? connection : { ...connection, caCertificate },
  );
}
