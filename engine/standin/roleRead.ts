import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import { fault } from "../../runner/base/fault";
import type { Properties } from "../../runner/plugin/resourceType";
import type { ProviderSettings } from "./providerSettings";

interface Row {
  readonly found: Properties;
  readonly config: readonly string[];
  readonly is_same_end: boolean;
  readonly is_login_superuser: boolean;
}

/** A role's properties as the server has them; undefined where there is no such role. */
export async function readRole(
  client: ClientBase,
  settings: ProviderSettings,
  role: string,
  inputs: Properties,
): Promise<Properties | undefined> {
  const { rows } = await client.query<Row>(QUERY, [role, validUntilOf(inputs)]);
  const row = rows[0];
  if (row === undefined) {
    return undefined;
  }
  const { found, config } = row;
  return {
    ...found,
    // Written otherwise, and the same moment: no difference.
    ...(row.is_same_end ? { validUntil: validUntilOf(inputs) } : {}),
    searchPaths: searchPathOf(settingOf(config, "search_path")),
    statementTimeout: Number(settingOf(config, "statement_timeout") ?? 0),
    idleInTransactionSessionTimeout: Number(
      settingOf(config, "idle_in_transaction_session_timeout") ?? 0,
    ),
    assumeRole: settingOf(config, "role") ?? "",
    ...(await readPassword(client, settings, row, inputs)),
  };
}

const QUERY = `
  SELECT json_build_object(
           'name', r.rolname,
           'superuser', r.rolsuper,
           'createDatabase', r.rolcreatedb,
           'createRole', r.rolcreaterole,
           'inherit', r.rolinherit,
           'login', r.rolcanlogin,
           'replication', r.rolreplication,
           'bypassRowLevelSecurity', r.rolbypassrls,
           'connectionLimit', r.rolconnlimit,
           'validUntil', coalesce(r.rolvaliduntil::text, 'infinity'),
           'roles', coalesce((SELECT json_agg(DISTINCT pg_get_userbyid(m.roleid))
                                FROM pg_catalog.pg_auth_members m WHERE m.member = r.oid), '[]')
         ) AS found,
         coalesce(r.rolconfig, '{}') AS config,
         coalesce(r.rolvaliduntil, 'infinity') = $2::timestamptz AS is_same_end,
         (SELECT me.rolsuper FROM pg_catalog.pg_roles me WHERE me.rolname = current_user)
           AS is_login_superuser
    FROM pg_catalog.pg_roles r WHERE r.rolname = $1`;

function validUntilOf(inputs: Properties): string {
  const value = inputs["validUntil"];
  return typeof value === "string" && value !== "" ? value : "infinity";
}

function settingOf(config: readonly string[], setting: string): string | undefined {
  return config.find((line) => line.startsWith(`${setting}=`))?.slice(setting.length + 1);
}

function searchPathOf(value: string | undefined): string[] {
  if (value === undefined || value === "") {
    return [];
  }
  return value
    .split(", ")
    .map((one) => (one.startsWith('"') ? one.slice(1, -1).replaceAll('""', '"') : one));
}

/**
 * As the official plugin: read only by a superuser, of a role that may log in and whose password is in the inputs or
 * on the server. A plain password beside a SCRAM verifier counts as the same, as only a login could tell.
 */
async function readPassword(
  client: ClientBase,
  settings: ProviderSettings,
  { found, is_login_superuser }: Row,
  inputs: Properties,
): Promise<{ password?: unknown }> {
  const written = inputs["password"];
  const isWriteOnly =
    inputs["passwordWo"] !== undefined || inputs["passwordWoVersion"] !== undefined;
  if (found["login"] !== true || !settings.isSuperuser || isWriteOnly) {
    return {};
  }
  if (!is_login_superuser) {
    throw fault("SETTING_INVALID", {
      what: `reading the password of the role "${String(found["name"])}"`,
      found: `a login "${settings.user}" that is no superuser`,
      expected: "superuser: false in the provider's arguments",
      remedy: "Set superuser to false; passwords are then not read",
    });
  }
  const { rows } = await client.query<{ passwd: string | null }>(
    "SELECT rolpassword AS passwd FROM pg_catalog.pg_authid WHERE rolname = $1",
    [found["name"]],
  );
  const stored = rows[0]?.passwd ?? "";
  if (typeof written === "string" && isSamePassword(String(found["name"]), written, stored)) {
    return { password: written };
  }
  return stored === "" && written === undefined ? {} : { password: stored };
}

function isSamePassword(role: string, written: string, stored: string): boolean {
  if (written === stored || (written.toUpperCase() === "NULL" && stored === "")) {
    return true;
  }
  if (/^(md5|SCRAM-SHA-256)/.test(written)) {
    return false;
  }
  const md5 = createHash("md5")
    .update(written + role)
    .digest("hex");
  return stored === `md5${md5}` || stored.startsWith("SCRAM-SHA-256");
}
