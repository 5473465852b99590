import { existsSync, readFileSync, rmSync } from "node:fs";
import { stringify } from "yaml";
import { PROJECT } from "../../engine/paths";
import { readStackFile, settingsFile } from "../../engine/settingsFile";
import { fault } from "../../runner/base/fault";
import { replaceFile } from "../../runner/base/replaceFile";
import { isSecret, type SettingsFile } from "../../runner/settings/settingsFile";
import { branchDigest } from "./name";

/** Where a branch's settings come from. */
const SOURCE = "Pulumi.dev.yaml";
/** Identifiers have 63 bytes in PostgreSQL. */
const DATABASE_NAME_LENGTH = 63;

const HEAD = `# Written by npx v7 branch up from ${SOURCE}, anew each time: change that one.\n`;

/**
 * Writes the stack's settings from Pulumi.dev.yaml. Done at each run, so that every machine has the same settings.
 *
 * The database is the branch's own and needs no approval. On a shared server it is a clone of the template, with roles
 * that have the branch's suffix.
 *
 * @throws BRANCH_REFUSED where Pulumi.dev.yaml names a database that all branches would share
 */
export function writeSettings(branch: string, stack: string): void {
  replaceFile(
    settingsFile(stack),
    HEAD + stringify(settingsOf(branch, stack, readStackFile("dev"))),
  );
}

/** Who wrote the stack's settings file, by its first line; undefined where there is none. */
export function ownerOfSettings(stack: string): "ours" | "another's" | undefined {
  const file = settingsFile(stack);
  if (!existsSync(file)) {
    return undefined;
  }
  return readFileSync(file, "utf8").startsWith(HEAD) ? "ours" : "another's";
}

/** Removes the settings file where `v7 branch up` wrote it. */
export function removeSettings(stack: string): void {
  if (ownerOfSettings(stack) === "ours") {
    rmSync(settingsFile(stack), { force: true });
  }
}

export function settingsOf(branch: string, stack: string, source: SettingsFile): SettingsFile {
  const { config = {} } = source;
  refuseServiceSecrets(source);
  return {
    ...source,
    config: {
      ...config,
      ...(config[`${PROJECT}:database`] === "external" ? sharedServer(branch, stack, config) : {}),
      [`${PROJECT}:requireApproval`]: "false",
    },
  };
}

function sharedServer(
  branch: string,
  stack: string,
  config: Readonly<Record<string, unknown>>,
): Record<string, string> {
  if (config[`${PROJECT}:templateDatabase`] === undefined) {
    throw fault("BRANCH_REFUSED", {
      what: `making a database for branch "${branch}"`,
      found: `v7:database "external" in ${SOURCE}, without v7:templateDatabase`,
      expected: "a database that is the branch's own",
      remedy: `Set v7:templateDatabase there (docs/branches-external.md), or v7:database to embedded`,
    });
  }
  const digest = branchDigest(branch);
  const name = `v7_${stack.replaceAll("-", "_")}`;
  return {
    [`${PROJECT}:databaseName`]:
      name.length <= DATABASE_NAME_LENGTH
        ? name
        : `${name.slice(0, DATABASE_NAME_LENGTH - digest.length - 1)}_${digest}`,
    [`${PROJECT}:roleSuffix`]: `_${digest}`,
  };
}

/** Refuses secrets that Pulumi Cloud encrypted for the stack dev: only that stack can decrypt them. */
function refuseServiceSecrets({ encryptionsalt, encryptedkey, config = {} }: SettingsFile): void {
  const secure = Object.keys(config).filter((key) => isSecret(config[key]));
  if (secure.length > 0 && encryptionsalt === undefined && encryptedkey === undefined) {
    throw fault("BRANCH_REFUSED", {
      what: `reading ${SOURCE}`,
      found: `${secure.join(", ")}, encrypted by Pulumi Cloud for the stack dev alone`,
      expected: "secrets under a passphrase or a secrets provider of your own",
      remedy: "Run pulumi stack change-secrets-provider on the stack dev",
    });
  }
}
