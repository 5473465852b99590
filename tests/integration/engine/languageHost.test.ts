import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { run, type CommandResult } from "../../../engine/command";
import { CHECKOUT } from "../../../engine/paths";
import { prepareEngine } from "../../../engine/prepare";
import { identityOf } from "../../../runner/base/processes";

jest.setTimeout(300_000);

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
class Thing extends pulumi.CustomResource {
  public declare readonly doubled: pulumi.Output<string>;
  constructor(name: string, text: string) {
    super("thing:index:Thing", name, { text, doubled: undefined });
  }
}
if (config.getBoolean("broken")) throw new Error("broken on purpose");
console.log("arguments of node:", process.execArgv.join(" "));
export const doubled = new Thing("thing", config.get("text") ?? "a").doubled;
export const secret = config.getSecret("secret");
`;

const PROVIDER = `
import * as pulumi from "@pulumi/pulumi";
const provider: pulumi.provider.Provider = {
  version: "1.0.0",
  create: async (_urn, inputs) => ({ id: "1", outs: { ...inputs, doubled: inputs.text + inputs.text } }),
  update: async (_id, _urn, _olds, inputs) => ({ outs: { ...inputs, doubled: inputs.text + inputs.text } }),
};
void pulumi.provider.main(provider, process.argv.slice(2));
`;

const POLICY = `
import * as policy from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
new policy.PolicyPack("pack", {
  policies: [{
    name: "texts",
    description: "Some texts are not allowed.",
    enforcementLevel: "mandatory",
    validateResource: ({ type, props }, report) => {
      if (type === "thing:index:Thing" && props.text === "forbidden") {
        report("found in " + pulumi.getStack() + ", dry run: " + pulumi.runtime.isDryRun());
      }
    },
  }],
});
`;

/** The files of a project with a provider plugin and a policy pack, all in TypeScript. */
const FILES: Readonly<Record<string, string>> = {
  "Pulumi.yaml": [
    "name: sample",
    "runtime: { name: nodejs, options: { nodeargs: --no-deprecation } }",
    "main: index.ts",
    "plugins: { providers: [{ name: thing, path: ./thing }] }",
  ].join("\n"),
  "package.json": JSON.stringify({
    name: "sample",
    dependencies: { "@pulumi/pulumi": "*", "@pulumi/docker": "*" },
  }),
  "tsconfig.json": readFileSync(join(CHECKOUT, "tsconfig.json"), "utf8"),
  "index.ts": PROGRAM,
  "thing/PulumiPlugin.yaml": "runtime: nodejs",
  "thing/index.ts": PROVIDER,
  "thing/package.json": JSON.stringify({ name: "thing", version: "1.0.0", main: "index.ts" }),
  "policy/PulumiPolicy.yaml": "{ runtime: nodejs, main: index.ts }",
  "policy/package.json": JSON.stringify({ name: "pack", version: "1.0.0" }),
  "policy/index.ts": POLICY,
};

describe("the Node.js language host", () => {
  let folder: string;
  let environment: Readonly<Record<string, string | undefined>>;

  beforeAll(async () => {
    const engine = await prepareEngine();
    folder = mkdtempSync(join(tmpdir(), "v7 host "));
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    mkdirSync(join(folder, "state"));
    symlinkSync(join(CHECKOUT, "node_modules"), join(folder, "node_modules"));
    environment = {
      ...engine.environment,
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(folder, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: "test",
    };
    await pulumi("stack", "init", "test");
    await pulumi("config", "set", "--secret", "secret", "hush");
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function pulumi(...args: string[]): Promise<CommandResult> {
    return run("pulumi", [...args, "--non-interactive"], { folder, environment });
  }

  it("previews, updates, refreshes and destroys, in a folder with a space in its name", async () => {
    const preview = await pulumi("preview", "--policy-pack", "policy");
    expect(preview).toMatchObject({
      code: 0,
      output: expect.stringContaining("2 to create") as string,
    });
    const up = await pulumi("up", "--yes", "--skip-preview", "--policy-pack", "policy");
    expect(up).toMatchObject({
      code: 0,
      output: expect.stringContaining('doubled: "aa"') as string,
    });
    expect(up.output).toContain("arguments of node: --no-deprecation");
    expect(up.output).toMatch(/secret *: \[secret\]/);
    const refresh = await pulumi("refresh", "--yes", "--skip-preview");
    expect(refresh).toMatchObject({
      code: 0,
      output: expect.stringContaining("2 unchanged") as string,
    });
    const destroy = await pulumi("destroy", "--yes", "--skip-preview");
    expect(destroy).toMatchObject({
      code: 0,
      output: expect.stringContaining("2 deleted") as string,
    });
  });

  it("tells a policy pack the stack's name and whether this is a preview", async () => {
    await pulumi("config", "set", "text", "forbidden");
    const preview = await pulumi("preview", "--policy-pack", "policy");
    const up = await pulumi("up", "--yes", "--skip-preview", "--policy-pack", "policy");
    await pulumi("config", "rm", "text");
    expect(preview.output).toContain("found in test, dry run: true");
    expect(up.output).toContain("found in test, dry run: false");
    expect([preview.code, up.code]).not.toContain(0);
  });

  it("shows a program's error once, with its place", async () => {
    await pulumi("config", "set", "broken", "true");
    const { code, output } = await pulumi("preview");
    await pulumi("config", "rm", "broken");
    expect(code).not.toBe(0);
    expect(output).toContain("broken on purpose");
    expect(output).toMatch(/index\.ts:10/);
    expect(output).not.toContain("exit code");
  });

  it("reports its Node.js version and the program's dependencies", async () => {
    const { output } = await pulumi("about", "--json");
    const about = JSON.parse(output) as {
      runtime: { executable: string; version: string };
      dependencies: { name: string }[];
      plugins: { name: string }[];
    };
    expect(about.runtime.version).toBe(
      execFileSync("node", ["--version"], { encoding: "utf8" }).trim(),
    );
    expect(about.dependencies.map(({ name }) => name)).toEqual([
      "@pulumi/docker",
      "@pulumi/pulumi",
    ]);
  });

  it("lists the plugins of direct dependencies only if they are installed", async () => {
    const plugin = join(folder, "home", "plugins", "resource-docker-v5.2.0");
    const without = await pulumi("plugin", "ls", "--project", "--json");
    mkdirSync(plugin, { recursive: true });
    writeFileSync(join(plugin, "pulumi-resource-docker"), "", { mode: 0o755 });
    const having = await pulumi("plugin", "ls", "--project", "--json");
    rmSync(plugin, { recursive: true });
    expect(without.output).not.toContain("docker");
    expect(having.output).toContain("docker");
  });

  it("ends when its engine is killed, and leaves no process behind", async () => {
    const pids = join(folder, "pids");
    writeFileSync(
      join(folder, "index.ts"),
      `require("fs").writeFileSync(${JSON.stringify(pids)}, process.pid + " " + process.ppid); setInterval(() => {}, 1000);`,
    );
    const engine = spawn("pulumi", ["preview", "--non-interactive"], {
      cwd: folder,
      env: { ...environment },
      stdio: "ignore",
    });
    while (!existsSync(pids)) {
      await sleep(50);
    }
    const [program = 0, host = 0] = readFileSync(pids, "utf8").split(" ").map(Number);
    expect([program, host].map(identityOf)).not.toContain("");
    engine.kill("SIGKILL");
    await once(engine, "close");
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline && [program, host].map(identityOf).join("") !== "") {
      await sleep(100);
    }
    expect([program, host].map(identityOf)).toEqual(["", ""]);
    writeFileSync(join(folder, "index.ts"), PROGRAM);
  });
});
