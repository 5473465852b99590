import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";
import { ApprovalGate } from "./components/approvalGate";
import { CatalogCheck } from "./components/catalogCheck";
import { Database } from "./components/database";
import { Grants } from "./components/grants";
import { MigrationRunner } from "./components/migrationRunner";
import { refuseUnapproved } from "./components/programGate";
import { Roles } from "./components/roles";
import { readSettings } from "./components/settings";
import { withoutStack } from "./components/withoutStack";
import { PLUGIN_CONNECTIONS } from "./runner/postgres/bounds";
import { databaseLogin } from "./runner/postgres/databaseLogin";
import { settingsRequest } from "./runner/requests/settingsRequest";

/** Applies the directives: settings -> database -> gate -> roles -> migration -> grants -> catalog check -> outputs. */
async function carryOut() {
  const settings = readSettings();
  const directives = await settingsRequest(settings);
  await refuseUnapproved(settings, directives);

  const { connection, url } = new Database("database", { settings });
  const target = { settings, directives, connection };
  // The migration holds the data. The check is deleted first: protected, it stops a destroy before the first grant is deleted.
  const protect = settings.requireApproval;
  const gate = new ApprovalGate("gate", target);

  const provider = new postgresql.Provider(
    "postgresql",
    {
      host: connection.host,
      port: connection.port,
      database: connection.databaseName,
      username: connection.user,
      // The login's name in the server: it inherits the objects of a deleted role.
      databaseUsername: pulumi
        .all([connection.host, connection.user])
        .apply(([host, user]) => databaseLogin(host, user)),
      password: connection.password,
      sslmode: connection.sslMode,
      ...(connection.caCertificate === undefined ? {} : { sslrootcert: connection.caCertificate }),
      // Hosted logins (Supabase's, too) are no superusers; the plugin must not use a superuser's statements.
      superuser: false,
      maxConnections: PLUGIN_CONNECTIONS,
      connectTimeout: 15,
    },
    { dependsOn: [gate] },
  );
  const { access } = directives;
  const roles = new Roles(
    "roles",
    { access, logins: settings.logins, provider },
    { dependsOn: [gate] },
  );
  const migration = new MigrationRunner("directive", target, {
    dependsOn: [gate, roles],
    protect,
  });
  const grants = new Grants(
    "grants",
    { access, databaseName: connection.databaseName, provider, roles: roles.groups, migration },
    { dependsOn: [roles, migration] },
  );
  const catalog = new CatalogCheck(
    "catalog",
    { ...target, migrationHead: migration.historyHead },
    { dependsOn: [migration, grants], protect },
  );

  return {
    databaseUrl: url,
    planDigest: migration.planDigest,
    schemaFingerprint: catalog.schemaFingerprint,
    historyHead: catalog.historyHead,
    drift: catalog.drift,
  };
}

export = () => withoutStack(carryOut);
