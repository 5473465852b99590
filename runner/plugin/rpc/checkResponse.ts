import { CheckFailure, CheckResponse } from "@pulumi/pulumi/proto/provider_pb";
import type { CheckResult } from "../resourceType";
import type { Call } from "./call";
import { send, type Received } from "./wire";

/** The engine's form of a check: secret inputs still secret, reasons redacted. */
export function checkResponse(result: CheckResult, news: Received, call: Call): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(send(result.inputs, [news]));
  for (const { property, reason } of result.failures) {
    const failure = new CheckFailure();
    failure.setProperty(property);
    failure.setReason(call.redaction.redact(reason));
    response.addFailures(failure);
  }
  return response;
}
