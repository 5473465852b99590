import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fault } from "../base/fault";
import { isMapping, YamlText } from "../base/yamlText";

/** A stack's settings file, as Pulumi writes it. */
export interface SettingsFile {
  readonly secretsprovider?: string;
  readonly encryptedkey?: string;
  readonly encryptionsalt?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Whether a setting in such a file is encrypted. */
export function isSecret(value: unknown): boolean {
  return isMapping(value) && "secure" in value;
}

/**
 * Reads Pulumi.<stack>.yaml and checks that it is YAML whose `config`, if any, is a mapping; `parseSettings` checks the
 * settings in it.
 *
 * @throws SETTING_INVALID with the line and the column of each fault
 */
export function readSettingsFile(path: string): SettingsFile {
  const yaml = new YamlText(readFileSync(path));
  const file = yaml.value ?? {};
  if (yaml.found === undefined && !isMapping(file)) {
    yaml.refuse([], "no mapping at the top");
  } else if (isMapping(file) && !isMapping(file["config"] ?? {})) {
    yaml.refuse(["config"], "`config`, which is not a mapping");
  }
  if (yaml.found !== undefined) {
    throw fault("SETTING_INVALID", {
      what: `reading "${basename(path)}"`,
      found: yaml.found,
      expected: "YAML as Pulumi writes it",
      remedy: "Correct the file",
    });
  }
  return isMapping(file) ? file : {};
}
