import { startThrowaway } from "../../../runner/embedded";
import { MAJORS } from "../../support/majors";
import { ask } from "./checkout";

it.each(MAJORS)(
  "a throwaway server of PostgreSQL %i is of that major, in UTF-8, and listens on 127.0.0.1 alone",
  async (major) => {
    const server = await startThrowaway(major);
    const rows = await ask(
      { port: server.port, password: server.superuserPassword },
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_encoding') AS encoding,
              current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('fsync') AS fsync`,
      server.superuser,
    ).finally(() => server.stop());
    expect(rows).toEqual([
      { major, encoding: "UTF8", addresses: "127.0.0.1", sockets: "", fsync: "off" },
    ]);
  },
);
