import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPsql } from "../../../cli/psql";
import { folderOfTest } from "../../support/folder";

const URL = "postgresql://postgres:hidden@127.0.0.1:1/postgres?sslmode=disable";
const { PATH } = process.env;

afterEach(() => {
  process.env["PATH"] = PATH;
});

describe("v7 psql without a text to run", () => {
  it("says that psql is not on PATH, before it connects to a database", async () => {
    process.env["PATH"] = "/nowhere";
    await expect(openPsql(URL, undefined, false)).rejects.toThrow(
      /^COMMAND_INVALID: opening psql: found no psql on PATH, and no -c, .*Install psql .*-c SQL\.$/,
    );
  });

  it("refuses --json", async () => {
    await expect(openPsql(URL, undefined, true)).rejects.toThrow(
      /^COMMAND_INVALID: opening psql: found --json without -c/,
    );
  });
});

describe("the environment of psql", () => {
  const folder = folderOfTest();
  const ELSEWHERE = {
    PGSERVICE: "other",
    PGSERVICEFILE: "/tmp/other",
    PGHOSTADDR: "192.0.2.1",
    PGOPTIONS: "-c search_path=other",
    PGTARGETSESSIONATTRS: "read-only",
    PGSSLROOTCERT: "system",
    PGPASSFILE: "/tmp/other",
    PSQLRC: "/tmp/other",
  };

  it("has the stack's connection, and no other variable of PostgreSQL", async () => {
    const seen = join(folder(), "seen");
    const script = `#!/bin/sh\n{ echo "$*"; env | grep '^P[GS]' | sort; } > "${seen}"\n`;
    writeFileSync(join(folder(), "psql"), script, { mode: 0o755 });
    process.env["PATH"] = `${folder()}:${String(PATH)}`;
    Object.assign(process.env, ELSEWHERE);
    await openPsql(URL, "SELECT 1", false);
    Object.keys(ELSEWHERE).forEach((name) => Reflect.deleteProperty(process.env, name));
    expect(readFileSync(seen, "utf8").trim().split("\n")).toEqual([
      "-X -c SELECT 1",
      "PGAPPNAME=v7 psql",
      "PGDATABASE=postgres",
      "PGHOST=127.0.0.1",
      "PGPASSWORD=hidden",
      "PGPORT=1",
      "PGSSLMODE=disable",
      "PGUSER=postgres",
    ]);
  });
});
