import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SLOW, Workbench } from "./checkout";

const BUILDS = ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "./pulumi-language-nodejs"];
const PLUGIN = ".v7/pulumi-home/plugins/resource-postgresql-v3.18.1/pulumi-resource-postgresql";

jest.setTimeout(120_000);

describe("prepareEngine", () => {
  let bench: Workbench;

  beforeEach(() => {
    bench = new Workbench();
  });

  afterEach(() => {
    rmSync(bench.folder, { recursive: true, force: true });
  });

  it("builds once for two clones that start at once, and both use it", async () => {
    const clones = [bench.clone("one clone"), bench.clone("another")];
    const [one, other] = await Promise.all(clones.map((clone) => bench.prepare(clone, SLOW)));
    expect([one?.code, other?.code]).toEqual([0, 0]);
    expect(one?.bin).toBe(other?.bin);
    expect(bench.builds()).toEqual(BUILDS);
    expect(`${one?.errors}${other?.errors}`).toMatch(
      /another v7 is making the engine \(pid \d+\), waiting/,
    );
  });

  it("prepares a clone once for two that start in it at once", async () => {
    const clone = bench.clone("clone");
    const both = await Promise.all([bench.prepare(clone, SLOW), bench.prepare(clone, SLOW)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const installs = both.filter(({ errors }) => errors.includes("making our stand-in"));
    expect(installs).toHaveLength(1);
  });

  it("leaves in the cache the engine and nothing else", async () => {
    const { bin } = await bench.prepare(bench.clone("clone"));
    expect(readdirSync(bench.cache).sort()).toEqual([
      expect.stringMatching(/^built-3\.259\.0-[0-9a-f]{16}$/),
      expect.stringMatching(/^command-3\.259\.0-[0-9a-f]{16}$/),
    ]);
    expect(readdirSync(bin).sort()).toEqual(["pulumi", "pulumi-language-nodejs"]);
    expect(readdirSync(bench.folder).sort()).toEqual(["bin", "cache", "clone", "go.log"]);
  });

  it("says nothing and makes nothing the second time", async () => {
    const clone = bench.clone("clone");
    await bench.prepare(clone);
    const second = await bench.prepare(clone);
    expect(second).toMatchObject({ code: 0, errors: "" });
    expect(bench.builds()).toEqual(BUILDS);
  });

  it("gives a folder for temporary files even where npm stop has taken it away", async () => {
    const clone = bench.clone("clone");
    await bench.prepare(clone);
    const temporary = join(clone, ".v7", "tmp");
    rmSync(temporary, { recursive: true });
    await bench.prepare(clone);
    expect(existsSync(temporary)).toBe(true);
  });

  it("repairs what a killed run has left, in the next run", async () => {
    const clone = bench.clone("clone");
    const killed = bench.start(clone, SLOW);
    while (bench.builds().length === 0) {
      await sleep(20);
    }
    killed.kill("SIGKILL");
    await once(killed, "close");
    const next = await bench.prepare(clone);
    expect(next.code).toBe(0);
    expect(next.errors).not.toContain("waiting");
    expect(readdirSync(bench.cache).filter((name) => name.includes("building"))).toEqual([]);
  });

  it("builds the language host alone where only its sources have changed", async () => {
    const clone = bench.clone("clone");
    const { bin: before } = await bench.prepare(clone);
    const source = join(clone, "engine", "go", "pulumi-language-nodejs", "main.go");
    writeFileSync(source, `${readFileSync(source, "utf8")}\n// changed\n`);
    const { bin: after } = await bench.prepare(clone);
    expect(after).not.toBe(before);
    expect(bench.builds()).toEqual([...BUILDS, "./pulumi-language-nodejs"]);
  });

  it("makes the stand-in again when it was removed", async () => {
    const clone = bench.clone("clone");
    await bench.prepare(clone);
    rmSync(join(clone, PLUGIN));
    const removed = await bench.prepare(clone);
    expect(removed.errors).toContain("making our stand-in");
  });

  it("has a stand-in that runs the checkout's present sources, also in a checkout that was moved", async () => {
    const clone = bench.clone("clone");
    await bench.prepare(clone);
    const elsewhere = join(bench.folder, "elsewhere");
    renameSync(clone, elsewhere);
    writeFileSync(join(elsewhere, "engine", "standin", "main.ts"), 'console.log("present");\n');
    expect(execFileSync(join(elsewhere, PLUGIN), { encoding: "utf8" })).toBe("present\n");
  });

  it("installs the plugin that V7_POSTGRESQL_PLUGIN names, again when it has changed", async () => {
    const clone = bench.clone("clone");
    const plugin = join(bench.folder, "a plugin");
    const chosen = { V7_POSTGRESQL_PLUGIN: plugin };
    writeFileSync(plugin, "one");
    chmodSync(plugin, 0o755);
    await bench.prepare(clone, chosen);
    expect(readFileSync(join(clone, PLUGIN), "utf8")).toBe("one");
    writeFileSync(plugin, "another");
    await bench.prepare(clone, chosen);
    expect(readFileSync(join(clone, PLUGIN), "utf8")).toBe("another");
    // In another shell, without the variable, nobody asks for another.
    const { errors } = await bench.prepare(clone);
    expect(errors).not.toContain("making our stand-in");
    expect(readFileSync(join(clone, PLUGIN), "utf8")).toBe("another");
  });

  it("keeps a plugin that somebody put in the stand-in's place, by what it says that it is", async () => {
    const clone = bench.clone("clone");
    await bench.prepare(clone);
    writeFileSync(join(clone, PLUGIN), "#!/bin/sh\necho v3.18.1\n");
    const next = await bench.prepare(clone);
    expect(next.errors).toContain('which calls itself "v3.18.1"');
    rmSync(join(clone, ".v7", "engine.json"));
    await bench.prepare(clone);
    expect(readFileSync(join(clone, PLUGIN), "utf8")).toContain("echo v3.18.1");
  });

  it("says so where V7_POSTGRESQL_PLUGIN names nothing", async () => {
    const { code, errors } = await bench.prepare(bench.clone("clone"), {
      V7_POSTGRESQL_PLUGIN: "/none",
    });
    expect(code).toBe(1);
    expect(errors).toMatch(/PLUGIN_MISSING: installing "\/none" as the plugin "postgresql": found/);
  });

  it("says what to install where Go does not build", async () => {
    writeFileSync(
      join(bench.folder, "bin", "go"),
      '#!/bin/sh\n[ "$1" = version ] && echo go1.26.8 && exit\necho "some reason" >&2; exit 2\n',
    );
    const { code, errors } = await bench.prepare(bench.clone("clone"));
    expect(code).toBe(1);
    expect(errors).toMatch(
      /ENGINE_MISSING: building .*: found exit code 2\. Install Pulumi \(https/,
    );
    expect(errors).toContain("some reason");
  });

  it("uses the pulumi on PATH if that is new enough and has its language host", async () => {
    const bin = join(bench.folder, "bin");
    for (const [name, text] of [
      [
        "pulumi",
        '#!/bin/sh\n[ $1 = version ] && echo v3.300.0\nfor file; do :; done\n[ $1 = plugin ] && mkdir -p "$PULUMI_HOME/plugins/resource-$4-$5" && cp "$file" "$PULUMI_HOME/plugins/resource-$4-$5/"\nexit 0\n',
      ],
      ["pulumi-language-nodejs", "#!/bin/sh\n"],
    ] as const) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    const clone = bench.clone("clone");
    expect(await bench.prepare(clone)).toMatchObject({ code: 0, bin });
    rmSync(join(bin, "pulumi-language-nodejs"));
    const without = await bench.prepare(clone);
    expect(without.bin.startsWith(bench.cache)).toBe(true);
    expect(without.errors).toContain("no pulumi-language-nodejs beside it or on PATH");
  });
});
