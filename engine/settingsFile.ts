import { existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { replaceFile } from "../runner/base/replaceFile";
import { readSettingsFile, type SettingsFile } from "../runner/settings/settingsFile";
import { CHECKOUT } from "./paths";

/** The settings that `npm start` writes for a stack without settings: an embedded server, as for `dev`. */
const NEW_STACK_CONFIG: Readonly<Record<string, string>> = {
  "v7:database": "embedded",
  "v7:requireApproval": "false",
};

/** The path of the stack's settings file, which need not exist. */
export function settingsFile(stack: string): string {
  return join(CHECKOUT, `Pulumi.${stack}.yaml`);
}

/** Whether the stack has no settings: its file is missing, or empty, as an interrupted Pulumi can leave it. */
export function hasNoSettings(stack: string): boolean {
  return Object.keys(readConfig(stack)).length === 0;
}

/** Writes the settings of a new stack, atomically. Other content of the file (a key) stays. */
export function writeNewSettings(stack: string): void {
  replaceFile(
    settingsFile(stack),
    stringify({ ...readStackFile(stack), config: NEW_STACK_CONFIG }),
  );
}

/** The stack's `v7:database`; undefined where its settings name none. */
export function databaseOf(stack: string): unknown {
  return readConfig(stack)["v7:database"];
}

/** Whether the file has exactly the settings that `npm start` would write again. */
export function isAsNew(stack: string): boolean {
  const config = readConfig(stack);
  const names = new Set([...Object.keys(config), ...Object.keys(NEW_STACK_CONFIG)]);
  return [...names].every((name) => String(config[name]) === NEW_STACK_CONFIG[name]);
}

function readConfig(stack: string): Readonly<Record<string, unknown>> {
  return readStackFile(stack).config ?? {};
}

/** The content of the stack's settings file; empty where there is none. */
export function readStackFile(stack: string): SettingsFile {
  const file = settingsFile(stack);
  return existsSync(file) ? readSettingsFile(file) : {};
}
