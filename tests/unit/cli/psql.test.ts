import { openPsql } from "../../../cli/psql";

const URL = "postgresql://postgres:hidden@127.0.0.1:1/postgres?sslmode=disable";
const { PATH } = process.env;

afterEach(() => {
  process.env["PATH"] = PATH;
});

describe("v7 psql without a text to run", () => {
  it("says that there is no psql, before it connects anywhere", async () => {
    process.env["PATH"] = "/nowhere";
    await expect(openPsql(URL, undefined, false)).rejects.toThrow(
      /^COMMAND_INVALID: opening psql: found no psql on PATH, and no -c, .*Install psql .*-c SQL\.$/,
    );
  });

  it("has nothing to answer in JSON, whether there is a psql or not", async () => {
    await expect(openPsql(URL, undefined, true)).rejects.toThrow(
      /^COMMAND_INVALID: opening psql: found --json without -c/,
    );
  });
});
