import { closest, distance } from "fastest-levenshtein";
import { checkoutFolder } from "../base/checkoutFolder";
import { fault, type Fault } from "../base/fault";
import { approvalPlaces } from "../directive/approvalFolders";
import type { ConnectionSettings } from "../model";
import type { PostgresMajor } from "../postgres/majors";
import { cloneFaults, ROLE_SUFFIX, SUFFIX_RULE, suffixLogins } from "./cloneSettings";
import type { Login } from "./logins";
import { EXTERNAL_KEYS, KNOWN_KEYS, type RawSettings } from "./settingKeys";
import { SettingsReader } from "./settingsReader";

/** Its `caCertificate` is the path of a PEM file, relative to the project. */
type ExternalServer = ConnectionSettings & Required<Pick<ConnectionSettings, "sslMode">>;

export interface ParsedSettings {
  readonly database: "embedded" | "docker" | "external";
  readonly postgresMajor: PostgresMajor;
  /** Only with `database: docker`: an image other than the official one. */
  readonly dockerImage?: string;
  /** Only with `database: external`. */
  readonly external?: ExternalServer;
  /** Where it is set, `external.databaseName` is this stack's own database, cloned from this database of the same server. */
  readonly templateDatabase?: string;
  readonly requireApproval: boolean;
  /** Path of the file, relative to the project. */
  readonly allowedSigners: string;
  readonly requiredApprovals: number;
  /** Refuse a run whose only signer is the person who starts it (V7_STARTED_BY). */
  readonly forbidSelfApproval: boolean;
  readonly amendments: readonly string[];
  readonly lockTimeoutSeconds: number;
  readonly statementTimeoutSeconds: number;
  /** Names and roles with the suffix. */
  readonly logins: readonly Login[];
  /** Appended to each role's name of the access matrix; may be empty. */
  readonly roleSuffix: string;
}

/** An unknown name is taken for a misspelled setting up to this edit distance. */
const LARGEST_SLIP = 4;

/**
 * Reads the settings `v7:…`, fills in their defaults, and checks each of them.
 *
 * @throws SETTING_UNKNOWN, SETTING_MISSING or SETTING_INVALID (the first kind that occurs), listing every fault at once
 */
export function parseSettings(raw: RawSettings): ParsedSettings {
  const faults: Fault[] = unknownKeys(raw);
  const reader = new SettingsReader(raw, faults);
  const database = reader.oneOf("database", ["embedded", "docker", "external"], "embedded");
  const external = database === "external" ? readExternal(reader) : undefined;
  refuseMisplaced(raw, database, faults);
  const dockerImage = database === "docker" ? reader.image("dockerImage") : undefined;
  const templateDatabase = external === undefined ? undefined : reader.text("templateDatabase");
  faults.push(...cloneFaults(external?.databaseName, templateDatabase));
  const parsed: ParsedSettings = {
    database,
    postgresMajor: Number(
      reader.oneOf("postgresMajor", ["15", "16", "17", "18"], "17"),
    ) as PostgresMajor,
    ...(dockerImage === undefined ? {} : { dockerImage }),
    ...(external === undefined ? {} : { external }),
    ...(templateDatabase === undefined ? {} : { templateDatabase }),
    requireApproval: reader.oneOf("requireApproval", ["true", "false"], "true") === "true",
    allowedSigners:
      reader.text("allowedSigners") ?? approvalPlaces(checkoutFolder()).allowedSigners,
    requiredApprovals: reader.integer("requiredApprovals", 1, 1, 10),
    forbidSelfApproval: reader.oneOf("forbidSelfApproval", ["true", "false"], "false") === "true",
    amendments: reader.list("amendments"),
    lockTimeoutSeconds: reader.integer("lockTimeoutSeconds", 5, 1, 3600),
    statementTimeoutSeconds: reader.integer("statementTimeoutSeconds", 600, 1, 86_400),
    logins: reader.logins("logins"),
    roleSuffix: reader.matching("roleSuffix", ROLE_SUFFIX, SUFFIX_RULE),
  };
  const suffixed = suffixLogins(parsed.logins, parsed.roleSuffix);
  faults.push(...suffixed.faults);
  const first = faults[0];
  if (first !== undefined) {
    throw faults.length === 1 ? first : joinFaults(faults);
  }
  return { ...parsed, logins: suffixed.logins };
}

function unknownKeys(raw: RawSettings): Fault[] {
  return Object.keys(raw)
    .filter((key) => !(KNOWN_KEYS as readonly string[]).includes(key))
    .map((key) => {
      const nearest = closest(key, [...KNOWN_KEYS]);
      const isSlip = distance(key, nearest) <= LARGEST_SLIP;
      return fault("SETTING_UNKNOWN", {
        what: "reading the stack's settings",
        found: `"v7:${key}"`,
        expected: isSlip
          ? `"v7:${nearest}"`
          : `one of ${KNOWN_KEYS.map((one) => `v7:${one}`).join(", ")}`,
        remedy: `Run pulumi config rm v7:${key}${isSlip ? ` and pulumi config set v7:${nearest}` : ""}`,
      });
    });
}

function readExternal(reader: SettingsReader): ExternalServer {
  const caCertificate = reader.text("caCertificate");
  return {
    host: reader.required("host"),
    port: reader.integer("port", 5432, 1, 65_535),
    databaseName: reader.required("databaseName"),
    user: reader.required("user"),
    password: reader.required("password"),
    sslMode: reader.oneOf(
      "sslMode",
      ["verify-full", "verify-ca", "require", "disable"],
      "verify-full",
    ),
    ...(caCertificate === undefined ? {} : { caCertificate }),
  };
}

/** Refuses a setting that this kind of database does not use: whoever set a host must learn that it has no effect. */
function refuseMisplaced(raw: RawSettings, database: string, faults: Fault[]): void {
  const places = [
    ...EXTERNAL_KEYS.map((key) => ({ key, place: "external" })),
    { key: "dockerImage", place: "docker" },
  ];
  for (const { key, place } of places.filter((one) => one.key in raw && one.place !== database)) {
    faults.push(
      fault("SETTING_INVALID", {
        what: `reading setting "v7:${key}"`,
        found: `this setting together with v7:database "${database}"`,
        expected: `v7:database "${place}"`,
        remedy: `Run pulumi config set v7:database ${place}, or pulumi config rm v7:${key}`,
      }),
    );
  }
}

function joinFaults(faults: readonly Fault[]): Fault {
  const [first, ...rest] = faults;
  return fault(first?.code ?? "SETTING_INVALID", {
    what: "reading the stack's settings",
    found: `${faults.length} faults`,
    expected: "none",
    remedy: "Correct them all",
    detail: [first, ...rest].map((one) => `  - ${one?.message ?? ""}`),
  });
}
