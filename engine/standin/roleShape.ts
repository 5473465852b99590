import { flag, optional, text, texts } from "../../runner/requests/inputShape";
import { only, type PropertiesOf, type Shape } from "./shape";

const isNo = { rule: optional(flag), otherwise: false };

/** A role's properties by the SDK's names, with the official plugin's defaults. */
export const ROLE_SHAPE = {
  name: { rule: text, replaces: true },
  password: { rule: optional(text) },
  superuser: isNo,
  createDatabase: isNo,
  createRole: isNo,
  inherit: { rule: optional(flag), otherwise: true },
  login: isNo,
  replication: isNo,
  bypassRowLevelSecurity: isNo,
  roles: { rule: optional(texts), otherwise: [] },
  passwordWoVersion: only(""),
  encryptedPassword: only(true),
  connectionLimit: only(-1),
  validUntil: only("infinity"),
  searchPaths: only([]),
  statementTimeout: only(0),
  idleInTransactionSessionTimeout: only(0),
  assumeRole: only(""),
  skipDropRole: only(false),
  skipReassignOwned: only(false),
} as const satisfies Shape;

export type Role = PropertiesOf<typeof ROLE_SHAPE>;
