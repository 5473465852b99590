import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { visible } from "../base/visible";

const run = promisify(execFile);

/** Short, because Docker is only asked after another failure. */
const TIMEOUT_MILLISECONDS = 5000;

/** A container that a stack of this project made, as Docker describes it. */
export interface Container {
  readonly name: string;
  /** The label `v7.stack`: the stack that made it. */
  readonly stack: string;
  /** Docker's own word: `running`, `restarting`, `exited`, `created`, `paused`, `dead`. */
  readonly status: string;
  readonly exitCode: number;
  /** How often Docker has restarted it. */
  readonly restarts: number;
}

interface Inspected {
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: { readonly Status: string; readonly ExitCode: number };
  readonly Config: { readonly Labels: Readonly<Record<string, string>> | null };
  readonly HostConfig: {
    readonly PortBindings: Readonly<Record<string, readonly { HostPort: string }[] | null>> | null;
  };
}

/**
 * The container of a stack that uses that port of this machine, running or not; undefined where there is none, or Docker
 * does not answer.
 */
export async function containerAtPort(port: number): Promise<Container | undefined> {
  const ids = await docker("ps", "--all", "--quiet", "--filter", "label=v7.project");
  const answer = ids === "" ? "" : await docker("inspect", ...ids.split("\n"));
  const found = (answer === "" ? [] : (JSON.parse(answer) as Inspected[])).find(({ HostConfig }) =>
    Object.values(HostConfig.PortBindings ?? {}).some((bindings) =>
      bindings?.some(({ HostPort }) => HostPort === String(port)),
    ),
  );
  return (
    found && {
      name: visible(found.Name.replace(/^\//, "")),
      stack: visible(found.Config.Labels?.["v7.stack"] ?? ""),
      status: visible(found.State.Status),
      exitCode: found.State.ExitCode,
      restarts: found.RestartCount,
    }
  );
}

/** The last ten lines that the container wrote, on either stream, oldest first. */
export async function lastLogLines(name: string): Promise<readonly string[]> {
  const text = await docker("logs", "--tail", "10", name);
  return text === "" ? [] : visible(text).split("\n");
}

/** What the command prints (for `logs` on both streams); empty where docker, its engine or the container is missing. */
async function docker(...args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run("docker", args, {
      timeout: TIMEOUT_MILLISECONDS,
      env: process.env,
    });
    return `${stdout}${args[0] === "logs" ? stderr : ""}`.trim();
  } catch {
    return "";
  }
}
