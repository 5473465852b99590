import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import type program from "../..";
import { ROOT } from "./repository";

/** The first run compiles and loads the whole program, which takes seconds on a busy machine. */
jest.setTimeout(120_000);

/** The properties of a resource as they cross the wire: a secret is an object with the signature below. */
export type Properties = Readonly<Record<string, unknown>>;

/** One resource as the program asked the engine for it. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  /** Secrets as `secret(value)`. */
  readonly inputs: Properties;
  /** The parent's name; empty for the stack's own children. */
  readonly parent: string;
  /** The names of the resources that come first, sorted. */
  readonly dependsOn: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  readonly isProtected: boolean;
}

/** How a program ended, with everything that it had registered by then. */
export interface ProgramRun {
  readonly registrations: readonly Registration[];
  readonly outputs: Readonly<Record<string, pulumi.Output<unknown>>>;
}

export interface ProgramOptions {
  /** Without the prefix `v7:`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly stack?: string;
  /** Default: false. */
  readonly isPreview?: boolean;
  /** The checkout whose index.ts runs. Default: this one. */
  readonly checkout?: string;
}

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDependenciesList(): string[];
  getAdditionalsecretoutputsList(): string[];
  getProtect(): boolean;
  getObject(): { toJavaScript(): Properties };
}
interface Monitor {
  registerResource(request: Request, callback: unknown): Promise<void>;
}

const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** A secret as {@link Registration} shows it. */
export function secret(value: unknown): Properties {
  return { [SIGNATURE]: SECRET, value };
}

/** The outputs that the plugins would add to the inputs, by type. */
const STATES: Readonly<Record<string, Properties>> = {
  "directive:index:EmbeddedPostgres": {
    host: "127.0.0.1",
    port: 54_321,
    databaseName: "postgres",
    user: "postgres",
    password: "embedded/secret",
    status: "up",
  },
  "directive:index:GeneratedPassword": {
    password: "docker/secret",
    verifier: "SCRAM-SHA-256$4096:c2FsdA==$stored:server",
  },
  "directive:index:LocalPort": { port: 23_456 },
  "docker:index/remoteImage:RemoteImage": { imageId: "sha256:1a2b" },
  "directive:index:MigrationRunner": { planDigest: "d1".repeat(32), historyHead: "4e".repeat(32) },
  "directive:index:CatalogCheck": {
    schemaFingerprint: "f1".repeat(32),
    historyHead: "4e".repeat(32),
    drift: [],
  },
};

const registrations: Registration[] = [];

/** The registrations since the start of the last run, even if that run failed. */
export function registered(): readonly Registration[] {
  return registrations;
}

/** The registrations as `type name`, sorted, since only `dependsOn` gives an order. */
export function namesOf(all: readonly Registration[]): string[] {
  return all.map(({ type, name }) => `${type} ${name}`).sort();
}

/** The inputs of the one resource of that name. */
export function inputsOf({ registrations: all }: ProgramRun, name: string): Properties {
  return one(all, name).inputs;
}

/** The one resource of that name. */
export function one(all: readonly Registration[], name: string): Registration {
  const found = all.filter((registration) => registration.name === name);
  if (found[0] === undefined || found.length > 1) {
    throw new Error(`${String(found.length)} resources named "${name}"`);
  }
  return found[0];
}

/** Runs index.ts as the engine would, with mocks in place of the engine and its plugins. */
export async function runProgram(options: ProgramOptions = {}): Promise<ProgramRun> {
  const { settings = {}, stack = "dev", isPreview = false, checkout = ROOT } = options;
  registrations.length = 0;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => ({
        id: `${name}-id`,
        state: markSecrets(name, { ...(inputs as Properties), ...STATES[type] }),
      }),
      call: ({ inputs }) => inputs as Properties,
    },
    "v7",
    stack,
    isPreview,
  );
  recordRegistrations();
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(settings).map(([key, value]) => [`v7:${key}`, value])),
  );
  const { default: run } = (await import(join(checkout, "index"))) as { default: typeof program };
  try {
    const outputs: Readonly<Record<string, pulumi.Output<unknown>>> = await run();
    await Promise.all(Object.values(outputs).map(valueOf));
    return { registrations: [...registrations], outputs };
  } finally {
    // The pending work of a failed program must end before the mocks of the next one are set.
    await pulumi.runtime.disconnect();
  }
}

/** An output's value, after everything that it waits for. */
export function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve as (value: unknown) => void);
  });
}

/** Returns the program's secrets as secrets, as the engine does. */
function markSecrets(name: string, state: Properties): Properties {
  const secrets = registrations.find((one) => one.name === name)?.additionalSecretOutputs ?? [];
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [
      key,
      secrets.includes(key) ? pulumi.secret(value) : value,
    ]),
  );
}

function recordRegistrations(): void {
  const monitor = getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      inputs: request.getObject().toJavaScript(),
      parent: nameOf(request.getParent()),
      dependsOn: request.getDependenciesList().map(nameOf).sort(),
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
      isProtected: request.getProtect(),
    });
    return register(request, callback);
  };
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
}
