/** Settings as Pulumi.<stack>.yaml has them: text, or JSON text for lists and mappings. */
export type RawSettings = Readonly<Record<string, string>>;

/** The settings of that project, by name without the project's: `v7:host` becomes `host`. */
export function ownSettings<T>(
  project: string,
  config: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const prefix = `${project}:`;
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    ),
  );
}

/** Settings that are allowed only with `v7:database: external`. */
export const EXTERNAL_KEYS = [
  "host",
  "port",
  "databaseName",
  "user",
  "password",
  "sslMode",
  "caCertificate",
  "templateDatabase",
] as const;

/** All settings, without the prefix `v7:`. */
export const KNOWN_KEYS = [
  "database",
  "postgresMajor",
  "dockerImage",
  ...EXTERNAL_KEYS,
  "requireApproval",
  "allowedSigners",
  "requiredApprovals",
  "forbidSelfApproval",
  "amendments",
  "lockTimeoutSeconds",
  "statementTimeoutSeconds",
  "logins",
  "roleSuffix",
] as const;

export type SettingKey = (typeof KNOWN_KEYS)[number];
