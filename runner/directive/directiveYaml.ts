import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../base/fault";
import { YamlText, type YamlPath } from "../base/yamlText";

/** One of a directive's YAML files. */
export interface DirectiveYaml {
  /** For messages: `sql/ad_005/manifest.yaml`. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly yaml: YamlText;
}

/**
 * Reads sql/<directive>/<file> and parses it as YAML. The caller checks what it says.
 *
 * @throws MANIFEST_INVALID where the file is missing or cannot be read
 */
export function readDirectiveYaml(folder: string, directive: string, file: string): DirectiveYaml {
  const name = `sql/${directive}/${file}`;
  try {
    const bytes = readFileSync(join(folder, file));
    return { name, bytes, yaml: new YamlText(bytes) };
  } catch (cause) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}"`,
      ...unreadable(cause),
      remedy: `Put the file there; docs/sql.md says what it holds`,
      cause,
    });
  }
}

/** What a message says of a file that could not be read. */
export function unreadable(cause: unknown): { readonly found: string } {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  return { found: isMissing ? "no such file" : "a file that cannot be read" };
}

/**
 * Throws all faults that were noted in the file, if any.
 *
 * @param subject what to correct: `the manifest`
 * @throws MANIFEST_INVALID with the line and the column of each fault
 */
export function refuseFaults({ name, yaml }: DirectiveYaml, subject: string): void {
  const { found } = yaml;
  if (found !== undefined) {
    throw fault("MANIFEST_INVALID", {
      what: `reading "${name}"`,
      found,
      remedy: `Correct ${subject}; docs/sql.md says what it holds`,
    });
  }
}

/** Notes each key of the mapping that is not one of these. */
export function refuseOtherKeys(
  yaml: YamlText,
  path: YamlPath,
  object: Readonly<Record<string, unknown>>,
  known: readonly string[],
  where: string,
): void {
  for (const key of Object.keys(object).filter((one) => !known.includes(one))) {
    yaml.refuse([...path, key], `${where}: unknown key "${key}"`);
  }
}
