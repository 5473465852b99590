import type { Properties } from "../../runner/plugin/resourceType";
import type { Shape } from "./shape";

/** A role's properties by the SDK's names, with the official plugin's defaults. */
export const ROLE_SHAPE = {
  name: { kind: "text", isRequired: true },
  password: { kind: "text" },
  passwordWo: { kind: "text", isWriteOnly: true },
  passwordWoVersion: { kind: "text", otherwise: "" },
  encrypted: { kind: "text", isWriteOnly: true },
  encryptedPassword: { kind: "flag", otherwise: true },
  superuser: { kind: "flag", otherwise: false },
  createDatabase: { kind: "flag", otherwise: false },
  createRole: { kind: "flag", otherwise: false },
  inherit: { kind: "flag", otherwise: true },
  login: { kind: "flag", otherwise: false },
  replication: { kind: "flag", otherwise: false },
  bypassRowLevelSecurity: { kind: "flag", otherwise: false },
  connectionLimit: { kind: "number", otherwise: -1 },
  validUntil: { kind: "text", otherwise: "infinity" },
  roles: { kind: "set", otherwise: [] },
  searchPaths: { kind: "list", otherwise: [] },
  statementTimeout: { kind: "number", otherwise: 0 },
  idleInTransactionSessionTimeout: { kind: "number", otherwise: 0 },
  assumeRole: { kind: "text", otherwise: "" },
  skipDropRole: { kind: "flag", otherwise: false },
  skipReassignOwned: { kind: "flag", otherwise: false },
} as const satisfies Shape;

/** The role's properties with every default filled in. */
export interface Role {
  readonly name: string;
  readonly password?: string;
  readonly passwordWo?: string;
  readonly passwordWoVersion: string;
  readonly superuser: boolean;
  readonly createDatabase: boolean;
  readonly createRole: boolean;
  readonly inherit: boolean;
  readonly login: boolean;
  readonly replication: boolean;
  readonly bypassRowLevelSecurity: boolean;
  readonly connectionLimit: number;
  readonly validUntil: string;
  readonly roles: readonly string[];
  readonly searchPaths: readonly string[];
  readonly statementTimeout: number;
  readonly idleInTransactionSessionTimeout: number;
  readonly assumeRole: string;
  readonly skipDropRole: boolean;
  readonly skipReassignOwned: boolean;
}

/** For the state: everything but what is write-only. */
export function roleOutputs(full: Properties): Properties {
  const outputs = { ...full };
  delete outputs["passwordWo"];
  return outputs;
}
