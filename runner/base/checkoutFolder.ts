import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fault } from "./fault";

/**
 * The folder of the checkout that this code belongs to: the nearest folder above the code whose package.json is named
 * "v7". Bundled code may be outside the checkout; then the search goes on above the working directory.
 *
 * @throws EMBEDDED_FAILED where there is no such folder
 */
export function checkoutFolder(): string {
  for (const start of [__dirname, process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (isCheckout(folder)) {
        return folder;
      }
      if (folder === dirname(folder)) {
        break;
      }
    }
  }
  throw fault("EMBEDDED_FAILED", {
    what: "looking for the project's folder",
    found: `no package.json named "v7" above "${process.cwd()}"`,
    remedy: "Run this in the project's folder",
  });
}

function isCheckout(folder: string): boolean {
  const file = join(folder, "package.json");
  if (!existsSync(file)) {
    return false;
  }
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof parsed === "object" && parsed !== null && "name" in parsed && parsed.name === "v7";
}
