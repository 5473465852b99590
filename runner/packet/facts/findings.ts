import { existsSync } from "node:fs";
import { join } from "node:path";
import { withoutSecrets } from "../../base/redaction";
import { isMapping, type YamlText } from "../../base/yamlText";
import { readDirectiveYaml, refuseFaults, refuseOtherKeys } from "../../directive/directiveYaml";
import type { DirectiveFinding } from "../model";

/**
 * Reads sql/<directive>/findings.yaml: what The Architect should know about the directive's SQL. A directive without that
 * file has no findings.
 *
 * @throws MANIFEST_INVALID where the file is not a list of findings
 */
export function readFindings(sqlFolder: string, directive: string): readonly DirectiveFinding[] {
  const folder = join(sqlFolder, directive);
  if (!existsSync(join(folder, "findings.yaml"))) {
    return [];
  }
  const read = readDirectiveYaml(folder, directive, "findings.yaml");
  const findings = read.yaml.found === undefined ? checkFindings(read.yaml) : [];
  refuseFaults(read, "the findings");
  return findings;
}

function checkFindings(yaml: YamlText): readonly DirectiveFinding[] {
  const root = isMapping(yaml.value) ? yaml.value : {};
  refuseOtherKeys(yaml, [], root, ["findings"], "the top");
  const { findings } = root;
  if (!Array.isArray(findings)) {
    yaml.refuse(["findings"], "no list `findings`");
    return [];
  }
  return findings.map((value: unknown, index) => readFinding(yaml, value, index));
}

function readFinding(yaml: YamlText, value: unknown, index: number): DirectiveFinding {
  const { title, text, amendments = [], ...others } = isMapping(value) ? value : {};
  const isList = Array.isArray(amendments) && amendments.every((id) => typeof id === "string");
  if (
    typeof title === "string" &&
    typeof text === "string" &&
    isList &&
    Object.keys(others).length === 0
  ) {
    return { title: withoutSecrets(title), text: withoutSecrets(text.trim()), amendments };
  }
  yaml.refuse(
    ["findings", index],
    `finding ${index + 1}, expected \`title\`, \`text\` and, where some answer it, a list of \`amendments\``,
  );
  return { title: "", text: "", amendments: [] };
}
