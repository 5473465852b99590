import * as pulumi from "@pulumi/pulumi";
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
  const prefix = `${project}:`;
  const raw = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
  return { project, stack: pulumi.getStack(), ...parseSettings(raw) };
}
