import * as pulumi from "@pulumi/pulumi";
import { ownSettings } from "../runner/settings/settingKeys";
import { parseSettings, type ParsedSettings } from "../runner/settings/stackSettings";

/** The stack's checked settings, with the names of project and stack. */
export interface Settings extends ParsedSettings {
  readonly project: string;
  readonly stack: string;
}

/**
 * Reads and checks this stack's settings `v7:…`. No other code reads pulumi.Config.
 *
 * @throws SETTING_UNKNOWN, SETTING_MISSING, SETTING_INVALID, with every fault at once
 */
export function readSettings(): Settings {
  const project = pulumi.getProject();
  const raw = ownSettings(project, pulumi.runtime.allConfig());
  return { project, stack: pulumi.getStack(), ...parseSettings(raw) };
}
