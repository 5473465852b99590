import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { Fault, messageOf } from "../../base/fault";

/**
 * Whatever was thrown as the error that the engine shows: its message and nothing else.
 *
 * The engine takes UNKNOWN for a resource in an unknown state, and says so to the user (resourceStateAndError in
 * pkg/v3/resource/plugin/provider_plugin.go, 3.259.0). A fault is understood; anything else is a bug, and is not.
 */
export function rpcError(error: unknown, redact: (message: string) => string): ServiceError {
  const isUnderstood = error instanceof Fault;
  const message = messageOf(error).trim();
  const details = redact(message === "" ? "failed without saying why" : message);
  const code = isUnderstood ? status.FAILED_PRECONDITION : status.UNKNOWN;
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}
