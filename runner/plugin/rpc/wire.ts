import { isDeepStrictEqual } from "node:util";
import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { Fault, messageOf } from "../../base/fault";
import { isMapping } from "../../base/yamlText";
import { UNKNOWN } from "../../requests/inputShape";
import type { Properties } from "../resourceType";

/** The key that marks an object as a special value, not a plain object (`specialSigKey`, @pulumi/pulumi/runtime/rpc). */
export const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
/** The mark of a secret, whose value is under `value` (`specialSecretSig`). */
export const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** The engine's sentinels for unknown values, one for each type (sdk/go/common/resource/plugin/rpc.go). */
const UNKNOWNS: ReadonlySet<unknown> = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Properties as they came from the engine. */
export interface Received {
  /** Secrets unwrapped, unknown values {@link UNKNOWN}. */
  readonly plain: Properties;
  /** The same, secrets still wrapped. */
  readonly wrapped: Properties;
  /** The top-level properties that are, or contain, a secret. */
  readonly secretNames: ReadonlySet<string>;
  /** Every text inside a secret, which no message may contain. */
  readonly secretTexts: readonly string[];
}

/** Reads properties off the wire; none where there is no struct. */
export function receive(struct: Struct | undefined): Received {
  const wrapped: Properties = struct?.toJavaScript() ?? {};
  const secretNames = new Set<string>();
  const secretTexts: string[] = [];
  const plain: Properties = {};
  for (const [name, value] of Object.entries(wrapped)) {
    const secrets: Secrets = { count: 0, texts: secretTexts };
    plain[name] = unwrap(value, false, secrets);
    if (secrets.count > 0) {
      secretNames.add(name);
    }
  }
  return { plain, wrapped, secretNames, secretTexts };
}

/**
 * Writes properties for the wire. A property is sent as a secret where one of `sources` had it as a secret, or where
 * `alwaysSecret` names it; an unchanged secret is sent exactly as it came.
 */
export function send(
  properties: Properties,
  sources: readonly Received[],
  alwaysSecret: readonly string[] = [],
): Struct {
  const out: Record<string, JavaScriptValue> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) {
      continue;
    }
    const had = sources.filter((source) => source.secretNames.has(name));
    const same = had.find((source) => isDeepStrictEqual(source.plain[name], value));
    if (same !== undefined) {
      out[name] = toWire(same.wrapped[name]);
    } else if (had.length > 0 || alwaysSecret.includes(name)) {
      out[name] = { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: toWire(value) };
    } else {
      out[name] = toWire(value);
    }
  }
  return Struct.fromJavaScript(out);
}

/** The secrets that were found while unwrapping. */
interface Secrets {
  count: number;
  readonly texts: string[];
}

function unwrap(value: unknown, isInSecret: boolean, secrets: Secrets): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => unwrap(one, isInSecret, secrets));
  }
  if (isMapping(value)) {
    if (value[SIGNATURE_KEY] === SECRET_SIGNATURE) {
      secrets.count++;
      return unwrap(value["value"], true, secrets);
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, unwrap(one, isInSecret, secrets)]),
    );
  }
  if (UNKNOWNS.has(value)) {
    return UNKNOWN;
  }
  if (isInSecret && (typeof value === "string" || typeof value === "number")) {
    secrets.texts.push(String(value));
  }
  return value;
}

/** The value for a Struct, which can hold what JSON can. */
function toWire(value: unknown): JavaScriptValue {
  if (value === null || value === undefined) {
    return null;
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(toWire);
  }
  if (isMapping(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .map(([name, one]) => [name, toWire(one)]),
    );
  }
  throw new TypeError(`a property may not hold a ${typeof value}`);
}

/**
 * The error that the engine shows for anything thrown: its message only.
 *
 * For the status UNKNOWN the engine tells the user that the resource is in an unknown state (resourceStateAndError in
 * pkg/v3/resource/plugin/provider_plugin.go, 3.259.0). So it is used for unexpected errors, not for faults.
 */
export function rpcError(error: unknown, redact: (message: string) => string): ServiceError {
  const message = messageOf(error).trim();
  const details = redact(message === "" ? "failed without saying why" : message);
  const code = error instanceof Fault ? status.FAILED_PRECONDITION : status.UNKNOWN;
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}
