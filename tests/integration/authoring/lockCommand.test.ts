import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../../support/repository";

const v7 = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(ROOT, "cli", "v7.cjs"), "directive", ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });

describe("v7 directive lock", () => {
  it("says that the committed lock matches the files on every major", () => {
    const { status, stdout, stderr } = v7("lock", "ad_005", "--check");
    expect(`${stdout}${stderr}`).toContain("sql/ad_005/lock.json matches the files");
    expect(stdout.match(/^PostgreSQL 1[5-8] with(?:out)? default privileges: /gm)).toHaveLength(8);
    expect(status).toBe(0);
    // Eight servers are made, one after the other when the machine is busy.
  }, 600_000);

  it("has a help text, and refuses a directive that does not exist", () => {
    expect(v7("lock", "--help").stdout).toContain("npx v7 directive lock --check");
    const { status, stderr } = v7("lock", "ad_999");
    expect(stderr).toContain(
      'COMMAND_INVALID: reading the directive of npx v7 directive lock: found "ad_999"',
    );
    expect(status).toBe(1);
  });
});
