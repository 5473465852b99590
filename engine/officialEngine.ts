import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as Automation from "@pulumi/pulumi/automation";
import { messageOf } from "../runner/base/fault";
import { within } from "../runner/base/within";
import { answers } from "./probe";
import { say, step } from "./progress";
import { PULUMI_VERSION } from "./versions";

const DOWNLOAD_HOST = "get.pulumi.com";
const DOWNLOAD_MINUTES = 10;

export function officialEngineFolder(cache: string): string {
  return join(cache, `official-${PULUMI_VERSION}`);
}

/**
 * Downloads the official engine, by the SDK's own installer (which runs get.pulumi.com/install.sh).
 *
 * @returns its folder; undefined where the host does not answer within seconds, or the download fails
 */
export async function downloadEngine(cache: string): Promise<string | undefined> {
  if (!(await answers(DOWNLOAD_HOST))) {
    say(`${DOWNLOAD_HOST} does not answer: no official download`);
    return undefined;
  }
  const folder = officialEngineFolder(cache);
  // The caller holds the engine's lock: what is there was left by a killed download.
  const temporary = `${folder}.unfinished`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  try {
    await step(`downloading Pulumi ${PULUMI_VERSION}`, () => install(temporary));
    if (!existsSync(join(temporary, "bin", "pulumi-language-nodejs"))) {
      throw new Error("the download holds no Node.js language host");
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    return folder;
  } catch (error) {
    say(`the official download failed: ${messageOf(error)}`);
    return undefined;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function install(root: string): Promise<void> {
  // Loaded on demand: loading takes a second, and nearly no run needs it.
  const load = createRequire(__filename);
  const { PulumiCommand } = load("@pulumi/pulumi/automation") as typeof Automation;
  await within(
    DOWNLOAD_MINUTES * 60,
    PulumiCommand.install({ root }),
    () => new Error(`it took longer than ${DOWNLOAD_MINUTES} minutes`),
  );
}
