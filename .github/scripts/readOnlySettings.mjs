/**
 * Makes Pulumi.prod.yaml, in a runner's checkout, one without anything that the stack's own key has encrypted, so that a
 * job without that key can use the rest. What was secret is set anew by the job, for a login that may only read.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { isMap, parseDocument } from "yaml";

const FILE = "Pulumi.prod.yaml";
/** How the stack's own key is named in the file. */
const KEYS = ["encryptionsalt", "secretsprovider", "encryptedkey"];

const document = parseDocument(readFileSync(FILE, "utf8"));
const settings = document.toJS().config ?? {};
const secret = Object.keys(settings).filter((name) => settings[name]?.secure !== undefined);

const { V7_PREVIEW_USER: user = "", V7_PREVIEW_PASSWORD: password = "" } = process.env;
const { V7_LOGINS: logins = "" } = process.env;
const missing = [
  ...(user === "" ? ["the variable V7_PREVIEW_USER"] : []),
  ...(password === "" ? ["the secret V7_PREVIEW_PASSWORD"] : []),
  // The digest covers the logins' names: without them it would be another plan's.
  ...(secret.includes("v7:logins") && logins === "" ? ["the secret V7_LOGINS"] : []),
];
if (missing.length > 0) {
  process.stdout.write(
    `::error title=No preview of prod::The environment preview lacks ${missing.join(" and ")}: see docs/runbook.md.\n`,
  );
  process.exit(1);
}

for (const key of KEYS) {
  document.delete(key);
}
for (const name of secret) {
  document.deleteIn(["config", name]);
}
if (!isMap(document.contents)) {
  throw new Error(`${FILE} is not a mapping`);
}
writeFileSync(FILE, document.toString({ lineWidth: 0 }));
