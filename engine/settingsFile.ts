import { existsSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { replaceFile } from "../runner/base/replaceFile";
import { readSettingsFile, type SettingsFile } from "../runner/settings/settingsFile";
import { CHECKOUT } from "./paths";

/** What `npm start` writes for a stack that has no settings file: a server of its own, as `dev` has it. */
const NEW_STACK_CONFIG: Readonly<Record<string, string>> = {
  "v7:database": "embedded",
  "v7:requireApproval": "false",
};

/** The stack's settings file; it need not be there. */
export function settingsFile(stack: string): string {
  return join(CHECKOUT, `Pulumi.${stack}.yaml`);
}

/**
 * Whether the stack's file has no settings: it is not there, or Pulumi, which writes it in place, was interrupted and left it
 * empty.
 */
export function hasNoSettings(stack: string): boolean {
  return Object.keys(readConfig(stack)).length === 0;
}

/** Writes the settings of a stack that has none, as a whole; what else the file has, a key, stays. */
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

/** Whether the file says nothing that `npm start` would not write again. */
export function isAsNew(stack: string): boolean {
  const config = readConfig(stack);
  const names = new Set([...Object.keys(config), ...Object.keys(NEW_STACK_CONFIG)]);
  return [...names].every((name) => String(config[name]) === NEW_STACK_CONFIG[name]);
}

function readConfig(stack: string): Readonly<Record<string, unknown>> {
  return readStackFile(stack).config ?? {};
}

/** What the stack's settings file holds; nothing where it is not there. */
export function readStackFile(stack: string): SettingsFile {
  const file = settingsFile(stack);
  return existsSync(file) ? readSettingsFile(file) : {};
}
