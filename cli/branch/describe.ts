import { existsSync, readdirSync, readFileSync } from "node:fs";
import { kindsOf } from "../../engine/deployment";
import { localResources } from "../../engine/localState";
import { containerAtPort } from "../../runner/container/docker";
import { clusterStatus, isStackName, placeOf } from "../../runner/embedded";
import { expiresAt, type BranchRecord } from "./record";

/** A branch's stack as `list` and `status` show it. */
export interface BranchDescription extends Omit<BranchRecord, "state" | "ttlDays"> {
  /**
   * `up`, `down`: its embedded server or its container; `elsewhere`: a clone, or a server on another machine; `making`,
   * `leaving`: in progress, or interrupted.
   */
  readonly state: "up" | "down" | "elsewhere" | "making" | "leaving";
  readonly port?: number;
  /** Of the embedded server, with its processes' shared memory counted once. Linux only. */
  readonly memoryMebibytes?: number;
  readonly expiresAt: string;
}

/** A server of the branch's own on this machine. */
interface Server {
  readonly state: "up" | "down";
  readonly port?: number;
  /** Only of a running embedded server. */
  readonly pid?: number;
}

/** Describes a branch's stack without running Pulumi. */
export async function describeBranch(record: BranchRecord): Promise<BranchDescription> {
  const { branch, stack, state, madeAt, usedAt } = record;
  const { port, pid, ...server } = (await ownServer(stack)) ?? { state: "elsewhere" as const };
  const kibibytes = pid === undefined ? undefined : serverKibibytes(pid);
  return {
    branch,
    stack,
    state: state === "ready" ? server.state : state,
    ...(port === undefined ? {} : { port }),
    ...(kibibytes === undefined ? {} : { memoryMebibytes: Math.round(kibibytes / 1024) }),
    madeAt,
    usedAt,
    expiresAt: expiresAt(record).toISOString(),
  };
}

async function ownServer(stack: string): Promise<Server | undefined> {
  if (!isStackName(stack)) {
    return undefined;
  }
  const { state, ...cluster } = await clusterStatus(placeOf(stack));
  return state === "gone" ? containerServer(stack) : { ...cluster, state };
}

/** A container that was stopped or removed counts as down: `v7 branch up` starts it again. */
async function containerServer(stack: string): Promise<Server | undefined> {
  const resources = localResources(stack);
  if (!kindsOf(resources).has("container")) {
    return undefined;
  }
  const port = Number(resources.find(({ type }) => type === "directive:index:LocalPort")?.id);
  const container = await containerAtPort(port);
  return { state: container?.status === "running" ? "up" : "down", port };
}

/**
 * A server's memory in kibibytes: the sum of its processes' proportional set sizes, which count shared memory once.
 * Undefined on systems without /proc/PID/smaps_rollup, proc(5).
 */
export function serverKibibytes(postmaster: number): number | undefined {
  if (!existsSync(`/proc/${postmaster}/smaps_rollup`)) {
    return undefined;
  }
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const children = pids.filter((pid) => parentOf(pid) === postmaster);
  const sizes = [String(postmaster), ...children].map(proportionalKibibytes);
  return sizes.reduce((sum, size) => sum + size, 0);
}

function parentOf(pid: string): number {
  // Field 4, counted after field 2, a name that may contain spaces and brackets.
  return Number(read(`/proc/${pid}/stat`).split(") ").pop()?.split(" ")[1] ?? Number.NaN);
}

function proportionalKibibytes(pid: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** The file's text; empty where the process has ended or belongs to another user. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
