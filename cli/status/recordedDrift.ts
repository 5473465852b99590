import type { LastUpdate, StackOutputs } from "../stack";

/** What Pulumi's runs say of drift: the last that ended well recorded it, and one that failed since leaves it unknown. */
export interface RecordedDrift {
  readonly state: "none" | "found" | "unknown";
  /** What comes after "drift:", without a full stop. */
  readonly text: string;
  /** What the last run that ended well recorded: a line an object. */
  readonly lines: readonly string[];
}

/** An `up` that fails, by drift or by anything else, leaves the stack's outputs as they were before it. */
export function recordedDrift(
  { drift: lines }: Pick<StackOutputs, "drift">,
  last: LastUpdate | undefined,
): RecordedDrift {
  if (last !== undefined && last.result !== "succeeded") {
    const text = `unknown: the ${last.kind} that began at ${last.startTime} ended as "${last.result}". Its output says why; npx v7 drift looks anew`;
    return { state: "unknown", text, lines };
  }
  return lines.length === 0
    ? { state: "none", text: "none, by the last up or refresh", lines }
    : { state: "found", text: "found by the last up or refresh", lines };
}
