import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** What the command `docker` says of the one container that it knows. */
export interface FakeContainer {
  readonly port: number;
  readonly status: string;
  readonly exitCode?: number;
  readonly restarts?: number;
  readonly log?: string;
}

/**
 * A command `docker` that comes first on PATH and knows this container of the stack `box`: what is tested is what is
 * asked and what is made of the answer, and there is a Docker engine on few machines.
 *
 * @returns what takes it away again
 */
export function putFakeDocker({
  port,
  status,
  exitCode = 0,
  restarts = 0,
  log = "",
}: FakeContainer): () => void {
  const folder = mkdtempSync(join(tmpdir(), "v7-docker-"));
  const inspected = [
    {
      Name: "/v7-box-1a2b3c4d",
      RestartCount: restarts,
      State: { Status: status, ExitCode: exitCode },
      Config: { Labels: { "v7.project": "v7", "v7.stack": "box" } },
      HostConfig: {
        PortBindings: { "5432/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] },
      },
    },
  ];
  writeFileSync(join(folder, "inspect.json"), JSON.stringify(inspected));
  writeFileSync(join(folder, "log"), log);
  const script = [
    "#!/bin/sh",
    'here=$(dirname "$0")',
    'case "$1" in',
    '  ps) [ "$*" = "ps --all --quiet --filter label=v7.project" ] && echo 1a2b3c4d ;;',
    '  inspect) [ "$2" = 1a2b3c4d ] && cat "$here/inspect.json" ;;',
    // PostgreSQL's lines come on standard error.
    '  logs) [ "$4" = v7-box-1a2b3c4d ] && cat "$here/log" >&2 ;;',
    "esac",
    "",
  ];
  writeFileSync(join(folder, "docker"), script.join("\n"), { mode: 0o755 });
  const { PATH: before = "" } = process.env;
  process.env["PATH"] = `${folder}${delimiter}${before}`;
  return () => {
    process.env["PATH"] = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
