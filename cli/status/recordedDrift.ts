import type { LastUpdate, StackOutputs } from "../stack";

/** The drift that Pulumi's last successful run recorded; unknown where a later run failed. */
export interface RecordedDrift {
  readonly state: "none" | "found" | "unknown";
  /** The text after "drift:", without a full stop. */
  readonly text: string;
  /** The last successful run's findings, one line an object. */
  readonly lines: readonly string[];
}

/** An `up` that fails for any reason, drift included, leaves the stack's outputs unchanged. */
export function recordedDrift(
  { drift: lines }: Pick<StackOutputs, "drift">,
  last: LastUpdate | undefined,
): RecordedDrift {
  if (last !== undefined && last.result !== "succeeded") {
    const text = `unknown: the ${last.kind} that began at ${last.startTime} ended as "${last.result}". Its output says why; npx v7 drift checks again`;
    return { state: "unknown", text, lines };
  }
  return lines.length === 0
    ? { state: "none", text: "none, by the last up or refresh", lines }
    : { state: "found", text: "found by the last up or refresh", lines };
}
