import * as pulumi from "@pulumi/pulumi";
import { ownSettings } from "../runner/settings/settingKeys";
import { parseSettings, type ParsedSettings } from "../runner/settings/stackSettings";

/** The stack's settings, checked, with the names that a plan carries. */
export interface Settings extends ParsedSettings {
  readonly project: string;
  readonly stack: string;
}

/**
 * Reads and checks the settings `v7:…` of this stack: the only place that reads pulumi.Config.
 *
 * @throws SETTING_UNKNOWN, SETTING_MISSING, SETTING_INVALID, with every fault at once
 */
export function readSettings(): Settings {
  const project = pulumi.getProject();
  const raw = ownSettings(project, pulumi.runtime.allConfig());
  return { project, stack: pulumi.getStack(), ...parseSettings(raw) };
}
