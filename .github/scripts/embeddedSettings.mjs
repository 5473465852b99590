/**
 * Makes Pulumi.dev.yaml, in a runner's checkout, one of an embedded server where it names an external one: a job without
 * secrets reaches no server of others. Whatever only that server or its key is for is left out.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";

const FILE = "Pulumi.dev.yaml";
/** How the stack's own key is named in the file; Pulumi makes another. */
const KEYS = ["encryptionsalt", "secretsprovider", "encryptedkey"];
const EXTERNAL_ONLY = [
  "host",
  "port",
  "databaseName",
  "user",
  "password",
  "sslMode",
  "caCertificate",
  "templateDatabase",
  "roleSuffix",
].map((name) => `v7:${name}`);

const document = parseDocument(readFileSync(FILE, "utf8"));
const settings = document.toJS()?.config ?? {};
if (settings["v7:database"] === "external") {
  const secret = Object.keys(settings).filter((name) => settings[name]?.secure !== undefined);
  KEYS.forEach((key) => document.delete(key));
  [...EXTERNAL_ONLY, ...secret].forEach((name) => document.deleteIn(["config", name]));
  document.setIn(["config", "v7:database"], "embedded");
  writeFileSync(FILE, document.toString({ lineWidth: 0 }));
}
