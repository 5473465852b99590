import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The one container that the fake command `docker` knows. */
export interface FakeContainer {
  readonly port: number;
  readonly status: string;
  readonly exitCode?: number;
  readonly restarts?: number;
  readonly log?: string;
}

/**
 * Puts a fake command `docker` first on PATH that knows this container of the stack `box`: few machines have a Docker engine,
 * and the tests look only at the questions and at the use of the answers.
 *
 * @returns a function that removes the command
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
    // PostgreSQL's lines are on standard error.
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
