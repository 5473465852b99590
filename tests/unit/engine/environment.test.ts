import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { engineEnvironment, environmentScript, ownVariables } from "../../../engine/environment";
import { CHECKOUT } from "../../../engine/paths";
import { shellWord } from "../../../runner/pages/format";

const BIN = "/a cache/it's $HOME/bin";

/** The value of a shell's variable after the script has run. */
function sourced(script: string, variable: string, given: Record<string, string> = {}): string {
  const command = `${script}\nprintf %s "$${variable}"`;
  const environment = { PATH: "/usr/bin:/bin", ...given };
  return execFileSync("/bin/sh", ["-c", command], { env: environment, encoding: "utf8" });
}

describe("shellWord", () => {
  it.each(["plain", "two words", "it's", '"$HOME" `id` \\ $(id)', "line\nbreak", "", "''"])(
    "makes one word of %j",
    (text) => {
      expect(sourced(`x=${shellWord(text)}`, "x")).toBe(text);
    },
  );
});

describe("environmentScript", () => {
  const V7 = join(CHECKOUT, ".v7", "bin");

  it("puts the engine and v7 first on PATH, only once, even if their folders have special characters", () => {
    const script = environmentScript(BIN, { PATH: dirname(process.execPath) });
    expect(sourced(script, "PATH")).toBe(`${BIN}:${V7}:/usr/bin:/bin`);
    expect(sourced(`${script}\n${script}`, "PATH")).toBe(`${BIN}:${V7}:/usr/bin:/bin`);
  });

  it("adds the folder of this Node.js if PATH has none", () => {
    const script = environmentScript("/bin-of-engine", { PATH: "/nowhere" });
    const path = sourced(script, "PATH", { PATH: "/nowhere-else" });
    expect(path).toBe(`/bin-of-engine:${dirname(process.execPath)}:${V7}:/nowhere-else`);
  });

  it("keeps the passphrase that the user has set, even an empty one", () => {
    const script = environmentScript(BIN);
    expect(sourced(script, "PULUMI_CONFIG_PASSPHRASE")).toBe("v7-dev");
    expect(sourced(script, "PULUMI_CONFIG_PASSPHRASE", { PULUMI_CONFIG_PASSPHRASE: "" })).toBe("");
    expect(
      sourced(script, "PULUMI_CONFIG_PASSPHRASE", { PULUMI_CONFIG_PASSPHRASE_FILE: "/file" }),
    ).toBe("");
  });

  it("gives no passphrase if the state is shared", () => {
    const shared = { V7_BACKEND_URL: "s3://shared" };
    expect(sourced(environmentScript(BIN), "PULUMI_CONFIG_PASSPHRASE", shared)).toBe("");
    expect(engineEnvironment(BIN, shared)["PULUMI_CONFIG_PASSPHRASE"]).toBeUndefined();
  });

  it("sets USER and HOME only if they are not set", () => {
    const script = environmentScript(BIN);
    expect(sourced(script, "USER")).toBe("v7");
    expect(sourced(script, "HOME")).toBe(join(CHECKOUT, ".v7"));
    expect(sourced(script, "USER", { USER: "ada" })).toBe("ada");
    expect(sourced(`set -eu\n${script}`, "HOME", { HOME: "/home/ada" })).toBe("/home/ada");
  });

  it("takes the state from the shell that sources it, not from the run that wrote it", () => {
    const own = ownVariables({})["PULUMI_BACKEND_URL"];
    const script = environmentScript(BIN, { V7_BACKEND_URL: "s3://of-the-writer" });
    const url = (given: Record<string, string>): string =>
      sourced(`set -eu\n${script}`, "PULUMI_BACKEND_URL", given);
    expect(url({ V7_BACKEND_URL: "s3://shared" })).toBe("s3://shared");
    expect([url({}), url({ V7_BACKEND_URL: "" })]).toEqual([own, own]);
  });

  it("does not change TMPDIR, since the shell outlives the folder", () => {
    expect(sourced(environmentScript(BIN), "TMPDIR", { TMPDIR: "/theirs" })).toBe("/theirs");
  });
});

describe("ownVariables", () => {
  it("keeps home and state in the checkout, even if the user's own Pulumi has others", () => {
    const theirs = { PULUMI_HOME: "/theirs", PULUMI_BACKEND_URL: "s3://theirs" };
    const ours = ownVariables(theirs);
    expect(ours["PULUMI_HOME"]).toBe(join(CHECKOUT, ".v7", "pulumi-home"));
    expect(ours["PULUMI_BACKEND_URL"]).toMatch(/^file:\/\/\/.*\/\.v7\/state$/);
  });

  it("keeps Pulumi's own processes from using a proxy", () => {
    expect(ownVariables({ https_proxy: "http://proxy" })["no_grpc_proxy"]).toContain("127.0.0.1");
  });

  it("takes a shared backend from V7_BACKEND_URL", () => {
    const { PULUMI_BACKEND_URL: url } = ownVariables({ V7_BACKEND_URL: "s3://ours" });
    expect(url).toBe("s3://ours");
  });

  it("treats an empty V7_BACKEND_URL as unset", () => {
    expect(ownVariables({ V7_BACKEND_URL: "" })).toEqual(ownVariables({}));
  });
});

describe("engineEnvironment", () => {
  it("sets the same variables as environmentScript", () => {
    const given = { PATH: "/usr/bin:/bin" };
    const environment = engineEnvironment(BIN, given);
    const script = environmentScript(BIN, given);
    const names = Object.keys(environment).filter((name) => name !== "TMPDIR");
    expect(names.map((name) => sourced(script, name))).toEqual(
      names.map((name) => environment[name]),
    );
  });

  it("keeps the user's own passphrase", () => {
    const phrase = { PULUMI_CONFIG_PASSPHRASE: "theirs" };
    const file = { PULUMI_CONFIG_PASSPHRASE_FILE: "/file" };
    expect(engineEnvironment(BIN, phrase)["PULUMI_CONFIG_PASSPHRASE"]).toBe("theirs");
    expect(engineEnvironment(BIN, file)["PULUMI_CONFIG_PASSPHRASE"]).toBeUndefined();
  });
});
