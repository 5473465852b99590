import { clusterStatus, isStackName, placeOf, type ClusterStatus } from "../../runner/embedded";
import { serverKibibytes } from "./memory";
import { DAY_MILLISECONDS, expiresAt, type BranchRecord } from "./record";

/** A branch's stack as `list` and `status` show it. */
export interface BranchDescription {
  readonly branch: string;
  readonly stack: string;
  /** `up`, `down`: its embedded server; `elsewhere`: a container or a clone; `making`, `leaving`: interrupted, or at work. */
  readonly state: "up" | "down" | "elsewhere" | "making" | "leaving";
  readonly port?: number;
  /** Of the embedded server, its processes' shares of what they share included, in mebibytes. Linux only. */
  readonly memoryMebibytes?: number;
  readonly madeAt: string;
  readonly usedAt: string;
  readonly expiresAt: string;
}

/** Looks at a branch's stack without asking Pulumi. */
export async function describeBranch(record: BranchRecord): Promise<BranchDescription> {
  const { branch, stack, madeAt, usedAt } = record;
  const cluster = isStackName(stack) ? await clusterStatus(placeOf(stack)) : undefined;
  const kibibytes = cluster?.pid === undefined ? undefined : serverKibibytes(cluster.pid);
  return {
    branch,
    stack,
    state: stateOf(record, cluster),
    ...(cluster?.port === undefined ? {} : { port: cluster.port }),
    ...(kibibytes === undefined ? {} : { memoryMebibytes: Math.round(kibibytes / 1024) }),
    madeAt,
    usedAt,
    expiresAt: expiresAt(record).toISOString(),
  };
}

function stateOf(
  { state }: BranchRecord,
  cluster: ClusterStatus | undefined,
): BranchDescription["state"] {
  if (state !== "ready") {
    return state;
  }
  return cluster === undefined || cluster.state === "gone" ? "elsewhere" : cluster.state;
}

/** A time from now or until now, for people: `in 13 days`, `4 hours ago`. */
export function relative(iso: string, now: Date = new Date()): string {
  const milliseconds = Date.parse(iso) - now.getTime();
  const size = Math.abs(milliseconds);
  const [count, unit] =
    size >= 2 * DAY_MILLISECONDS
      ? [size / DAY_MILLISECONDS, "days"]
      : size >= 7_200_000
        ? [size / 3_600_000, "hours"]
        : [size / 60_000, "minutes"];
  const text = `${Math.round(count)} ${unit}`;
  return milliseconds < 0 ? `${text} ago` : `in ${text}`;
}
