/** One setting as Pulumi.<stack>.yaml gives it: text, or JSON text for lists and mappings. */
export type RawSettings = Readonly<Record<string, string>>;

/** The settings of that project, without its name: `v7:host` is `host`. */
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

/** Of a server that is there already. */
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

/** Every key `v7:…`. */
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
