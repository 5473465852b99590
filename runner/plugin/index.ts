import { RUNNER_VERSION } from "../version";
import { approvalGate } from "./approvalGate";
import { catalogCheck } from "./catalogCheck";
import { databaseClone } from "./databaseClone";
import { embeddedPostgres } from "./embeddedPostgres";
import { generatedPassword } from "./generatedPassword";
import { localPort } from "./localPort";
import { migrationRunner } from "./migrationRunner";
import type { Plugin } from "./resourceType";

/**
 * The provider plugin `directive`. Not named `v7` like the project: a provider package with the project's name would
 * be given the project's settings, secrets included.
 */
export const directivePlugin: Plugin = {
  name: "directive",
  version: RUNNER_VERSION,
  resources: {
    "directive:index:EmbeddedPostgres": embeddedPostgres,
    "directive:index:DatabaseClone": databaseClone,
    "directive:index:GeneratedPassword": generatedPassword,
    "directive:index:LocalPort": localPort,
    "directive:index:ApprovalGate": approvalGate,
    "directive:index:MigrationRunner": migrationRunner,
    "directive:index:CatalogCheck": catalogCheck,
  },
};
