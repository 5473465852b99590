import { RUNNER_VERSION } from "../base/version";
import type { Plugin } from "./resourceType";
import { approvalGate } from "./resources/approvalGate";
import { catalogCheck } from "./resources/catalogCheck";
import { containerServer } from "./resources/containerServer";
import { databaseClone } from "./resources/databaseClone";
import { embeddedPostgres } from "./resources/embeddedPostgres";
import { generatedPassword } from "./resources/generatedPassword";
import { localPort } from "./resources/localPort";
import { migrationRunner } from "./resources/migrationRunner";

/**
 * The provider plugin `directive`. It is not named `v7` like the project, because Pulumi would then pass it the project's
 * settings, secrets included.
 */
export const directivePlugin: Plugin = {
  name: "directive",
  version: RUNNER_VERSION,
  resources: {
    "directive:index:EmbeddedPostgres": embeddedPostgres,
    "directive:index:DatabaseClone": databaseClone,
    "directive:index:ContainerServer": containerServer,
    "directive:index:GeneratedPassword": generatedPassword,
    "directive:index:LocalPort": localPort,
    "directive:index:ApprovalGate": approvalGate,
    "directive:index:MigrationRunner": migrationRunner,
    "directive:index:CatalogCheck": catalogCheck,
  },
};
