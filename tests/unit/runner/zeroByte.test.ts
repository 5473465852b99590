import { connect } from "../../../runner/postgres/connection";

const SETTINGS = { host: "127.0.0.1", port: 1, databaseName: "d", user: "u", password: "p" };

it.each(["host", "databaseName", "user", "password"])(
  "a zero byte in the %s of a connection is refused before anything is sent",
  async (name) => {
    const settings = { ...SETTINGS, [name]: "x\0options\0-c v7.unprotected=on" };
    await expect(connect(settings)).rejects.toThrow(
      `SETTING_INVALID: reading the connection's "${name}": found a zero byte`,
    );
  },
);
