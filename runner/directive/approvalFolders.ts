import { existsSync } from "node:fs";
import { join } from "node:path";
import { findDirectives } from "./directive";

/** Where approvals and the allowed signers are: paths relative to the project's folder. */
export interface ApprovalPlaces {
  /** Approvals and revocations in any of them count. */
  readonly folders: readonly string[];
  /** Where a new approval goes. */
  readonly newest: string;
  readonly allowedSigners: string;
}

/**
 * Finds the folder `approvals` of every directive. A new approval goes into the newest directive's folder. The allowed
 * signers are in the first directive's folder that has such a file.
 *
 * @throws MANIFEST_INVALID where there is no directive
 */
export function approvalPlaces(projectFolder: string): ApprovalPlaces {
  const folders = findDirectives(join(projectFolder, "sql")).map(approvalsFolder);
  const files = folders.map((folder) => join(folder, "allowed_signers"));
  const there = files.find((file) => existsSync(join(projectFolder, file)));
  return {
    folders,
    newest: folders.at(-1) ?? "",
    allowedSigners: there ?? files[0] ?? "",
  };
}

/** `sql/ad_005/approvals` */
export function approvalsFolder(directive: string): string {
  return join("sql", directive, "approvals");
}
