import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startThrowaway } from "../../../runner/embedded";
import { findBinaries } from "../../../runner/embedded/server/binaries";
import { MAJORS } from "../../support/majors";
import { ROOT } from "../../support/repository";
import { ask } from "./checkout";

it.each(MAJORS)(
  "a throwaway server of PostgreSQL %i has that major and UTF-8, listens only on 127.0.0.1, and has its shared memory in its own folder",
  async (major) => {
    const server = await startThrowaway(major);
    const rows = await ask(
      { port: server.port, password: server.superuserPassword },
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_encoding') AS encoding,
              current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('fsync') AS fsync, current_setting('dynamic_shared_memory_type') AS memory`,
      server.superuser,
    ).finally(() => server.stop());
    expect(rows).toEqual([
      {
        major,
        encoding: "UTF8",
        addresses: "127.0.0.1",
        sockets: "",
        fsync: "off",
        memory: "mmap",
      },
    ]);
  },
);

it("a throwaway server copies programs that only this account can reach, and removes the copy", async () => {
  const hidden = mkdtempSync(join(tmpdir(), "v7-hidden-"));
  chmodSync(hidden, 0o700);
  const programs = join(hidden, "programs");
  execFileSync("cp", ["-R", "-P", findBinaries(17, ROOT).folder, programs]);
  const own = (): string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`v7-throwaway-${String(process.pid)}-`));
  try {
    const server = await startThrowaway(17, {}, { binFolder: join(programs, "bin") });
    expect(own()).toHaveLength(1);
    await server.stop();
    expect(own()).toStrictEqual([]);
  } finally {
    rmSync(hidden, { recursive: true });
  }
});
