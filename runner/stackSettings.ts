import { closest, distance } from "fastest-levenshtein";
import { cloneFaults, ROLE_SUFFIX, SUFFIX_RULE, suffixLogins } from "./cloneSettings";
import { fault, type Fault } from "./fault";

/** One setting as Pulumi.<stack>.yaml gives it: text, or JSON text for lists and mappings. */
export type RawSettings = Readonly<Record<string, string>>;

/** A login member of a group role. */
export interface Login {
  readonly name: string;
  /** The group role: `v7_agent`. */
  readonly role: string;
  /** A SCRAM-SHA-256 verifier, not a password: a password would reach the server's log. */
  readonly password: string;
}

export type SslMode = "disable" | "require" | "verify-ca" | "verify-full";

export interface ExternalServer {
  readonly host: string;
  readonly port: number;
  readonly databaseName: string;
  readonly user: string;
  readonly password: string;
  readonly sslMode: SslMode;
  /** Path of a PEM file, relative to the project. */
  readonly caCertificate?: string;
}

export interface ParsedSettings {
  readonly database: "embedded" | "docker" | "external";
  readonly postgresMajor: 15 | 16 | 17 | 18;
  /** Where `database` is external. */
  readonly external?: ExternalServer;
  /** Of that server: the database `external.databaseName` is this stack's own, cloned from this one. */
  readonly templateDatabase?: string;
  readonly requireApproval: boolean;
  /** Path of the file, relative to the project. */
  readonly allowedSigners: string;
  readonly requiredApprovals: number;
  /** May the one who starts a run (V7_STARTED_BY) not be its only signer? */
  readonly forbidSelfApproval: boolean;
  readonly amendments: readonly string[];
  readonly lockTimeoutSeconds: number;
  readonly statementTimeoutSeconds: number;
  /** With the suffix behind name and role. */
  readonly logins: readonly Login[];
  /** Behind every role's name of the access matrix; empty: nothing. */
  readonly roleSuffix: string;
}

const EXTERNAL_KEYS = [
  "host",
  "port",
  "databaseName",
  "user",
  "password",
  "sslMode",
  "caCertificate",
  "templateDatabase",
] as const;
const KNOWN_KEYS = [
  "database",
  "postgresMajor",
  ...EXTERNAL_KEYS,
  "requireApproval",
  "allowedSigners",
  "requiredApprovals",
  "forbidSelfApproval",
  "amendments",
  "lockTimeoutSeconds",
  "statementTimeoutSeconds",
  "logins",
  "roleSuffix",
] as const;
type Key = (typeof KNOWN_KEYS)[number];

/** As the server itself writes one: iterations, salt, stored key, server key. */
const SCRAM_VERIFIER = /^SCRAM-SHA-256\$\d+:[^$]+\$[^:]+:.+$/;

/** A name further than this from every known one is not taken for a slip. */
const LARGEST_SLIP = 4;

/**
 * Reads the settings `v7:…`, with DESIGN's defaults, and checks every one.
 *
 * @throws SETTING_UNKNOWN, SETTING_MISSING or SETTING_INVALID (the first kind that occurs), listing every fault at once
 */
export function parseSettings(raw: RawSettings): ParsedSettings {
  const faults: Fault[] = unknownKeys(raw);
  const reader = new Reader(raw, faults);
  const database = reader.oneOf("database", ["embedded", "docker", "external"], "embedded");
  const external = database === "external" ? readExternal(reader) : undefined;
  if (external === undefined) {
    refuseExternalKeys(raw, database, faults);
  }
  const templateDatabase = external === undefined ? undefined : raw["templateDatabase"];
  faults.push(...cloneFaults(external?.databaseName, templateDatabase));
  const parsed: ParsedSettings = {
    database,
    postgresMajor: Number(reader.oneOf("postgresMajor", ["15", "16", "17", "18"], "17")) as
      15 | 16 | 17 | 18,
    ...(external === undefined ? {} : { external }),
    ...(templateDatabase === undefined ? {} : { templateDatabase }),
    requireApproval: reader.oneOf("requireApproval", ["true", "false"], "true") === "true",
    allowedSigners: reader.text("allowedSigners", "sql/ad_005/approvals/allowed_signers"),
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

function readExternal(reader: Reader): ExternalServer {
  const caCertificate = reader.optional("caCertificate");
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

/** A host beside an embedded server is a mistake that must not pass: somebody thinks that it is used. */
function refuseExternalKeys(raw: RawSettings, database: string, faults: Fault[]): void {
  for (const key of EXTERNAL_KEYS.filter((one) => one in raw)) {
    faults.push(
      fault("SETTING_INVALID", {
        what: `reading setting "v7:${key}"`,
        found: `it beside v7:database ${database}`,
        expected: "it only where v7:database is external",
        remedy: `Run pulumi config set v7:database external, or pulumi config rm v7:${key}`,
      }),
    );
  }
}

function joinFaults(faults: readonly Fault[]): Fault {
  const [first, ...rest] = faults;
  return fault(first?.code ?? "SETTING_INVALID", {
    what: "reading the stack's settings",
    found: `${String(faults.length)} faults`,
    expected: "none",
    remedy: "Correct them all",
    detail: [first, ...rest].map((one) => `  - ${one?.message ?? ""}`),
  });
}

/** Reads one setting after the other and collects what is wrong with each. */
class Reader {
  public constructor(
    private readonly raw: RawSettings,
    private readonly faults: Fault[],
  ) {}

  public optional(key: Key): string | undefined {
    return this.raw[key];
  }

  public text(key: Key, fallback: string): string {
    return this.raw[key] ?? fallback;
  }

  public required(key: Key): string {
    const value = this.raw[key];
    if (value === undefined || value.trim() === "") {
      const secret = key === "password" ? " --secret" : "";
      this.faults.push(
        fault("SETTING_MISSING", {
          what: `reading setting "v7:${key}"`,
          found: "nothing",
          expected: "a value, since v7:database is external",
          remedy: `Run pulumi config set${secret} v7:${key} …`,
        }),
      );
      return "";
    }
    return value;
  }

  public oneOf<T extends string>(key: Key, choices: readonly T[], fallback: T): T {
    const value = this.raw[key] ?? fallback;
    const choice = choices.find((one) => one === value);
    if (choice === undefined) {
      this.invalid(key, `"${value}"`, choices.join(", "));
    }
    return choice ?? fallback;
  }

  /** Empty where it is not set. */
  public matching(key: Key, pattern: RegExp, expected: string): string {
    const value = this.raw[key];
    if (value !== undefined && !pattern.test(value)) {
      this.invalid(key, `"${value}"`, expected);
      return "";
    }
    return value ?? "";
  }

  public integer(key: Key, fallback: number, least: number, most: number): number {
    const value = this.raw[key];
    const number = value === undefined ? fallback : Number(value);
    if (!Number.isInteger(number) || number < least || number > most || value?.trim() === "") {
      this.invalid(
        key,
        `"${value ?? ""}"`,
        `a whole number from ${String(least)} to ${String(most)}`,
      );
      return fallback;
    }
    return number;
  }

  public list(key: Key): readonly string[] {
    const value = this.json(key, "a list of names");
    if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) {
      this.invalid(key, "something else", "a list of names");
      return [];
    }
    return value;
  }

  public logins(key: Key): readonly Login[] {
    const value = this.json(key, "a list of logins");
    const isLogin = (one: unknown): one is Login =>
      typeof one === "object" &&
      one !== null &&
      ["name", "role", "password"].every(
        (name) => typeof (one as Record<string, unknown>)[name] === "string",
      ) &&
      Object.keys(one).length === 3;
    if (!Array.isArray(value) || !value.every(isLogin)) {
      this.invalid(key, "something else", "a list of { name, role, password }");
      return [];
    }
    for (const { name } of value.filter((one) => !SCRAM_VERIFIER.test(one.password))) {
      this.invalid(
        key,
        `a plain-text password for "${name}"`,
        "a SCRAM-SHA-256 verifier, made by npx v7 verifier",
      );
    }
    return value;
  }

  private json(key: Key, expected: string): unknown {
    try {
      return JSON.parse(this.raw[key] ?? "[]");
    } catch {
      this.invalid(key, "text that is not JSON", expected);
      return [];
    }
  }

  private invalid(key: Key, found: string, expected: string): void {
    this.faults.push(
      fault("SETTING_INVALID", {
        what: `reading setting "v7:${key}"`,
        found,
        expected,
        remedy: `Run pulumi config set v7:${key} with one of these`,
      }),
    );
  }
}
