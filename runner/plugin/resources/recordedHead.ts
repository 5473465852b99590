import type { KnownHead } from "../../history/knownHead";
import type { Properties } from "../resourceType";

/** The history's last row as the state of a resource recorded it; undefined where it recorded none. */
export function recordedHead(outputs: Properties): KnownHead | undefined {
  const { historyHead, database } = outputs;
  if (typeof historyHead !== "string" || !/^[0-9a-f]{64}$/.test(historyHead)) {
    return undefined;
  }
  return {
    digest: historyHead,
    ...(typeof database === "string" ? { database } : {}),
  };
}
