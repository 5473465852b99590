import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { withoutInside } from "../../../engine/deployment";
import { prepareEngine, type Engine } from "../../../engine/prepare";
import { deploymentOf, type ImportedDeployment } from "../../support/deployment";
import { runProgram } from "../../support/program";

const STACK = "dev-x";

describe("the state of a branch in a container, before its removal", () => {
  const folder = mkdtempSync(join(tmpdir(), "v7 state "));
  let engine: Engine;
  let whole: ImportedDeployment;

  beforeAll(async () => {
    engine = await prepareEngine();
    const settings = {
      database: "docker",
      requireApproval: "false",
      logins: '[{"name":"ada","role":"v7_reader","password":"SCRAM-SHA-256$4096:c2FsdA==$a:b"}]',
    };
    whole = deploymentOf(await runProgram({ settings, stack: STACK }), STACK);
    writeFileSync(join(folder, "Pulumi.yaml"), "name: v7\nruntime: nodejs\n");
    mkdirSync(join(folder, "state"));
    pulumi(["stack", "init", STACK]);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** The real engine's error; empty if it succeeds. */
  function pulumi(args: readonly string[], input = ""): string {
    const { status, stderr } = spawnSync(join(engine.bin, "pulumi"), args, {
      cwd: folder,
      input,
      encoding: "utf8",
      env: { ...engine.environment, PULUMI_BACKEND_URL: pathToFileURL(join(folder, "state")).href },
    });
    return status === 0 ? "" : stderr;
  }

  function importState(deployment: ImportedDeployment): string {
    return pulumi(
      ["stack", "import", "--stack", STACK],
      JSON.stringify({ version: 3, deployment }),
    );
  }

  it("can be imported by the engine, both complete and reduced", () => {
    expect(importState(whole)).toBe("");
    expect(importState(withoutInside(whole))).toBe("");
  });

  it("is refused by the engine when a component inside the server is left in it", () => {
    const { resources } = whole;
    const inside = resources.filter(({ type }) => type === "v7:components:Roles");
    const reduced = withoutInside(whole);
    expect(importState({ ...reduced, resources: [...reduced.resources, ...inside] })).toMatch(
      /refers to missing resource/,
    );
  });

  it("keeps only what is outside the server when it is reduced", () => {
    expect(
      withoutInside(whole)
        .resources.map(({ type }) => type)
        .sort(),
    ).toStrictEqual([
      "directive:index:ContainerServer",
      "directive:index:GeneratedPassword",
      "directive:index:GeneratedPassword",
      "directive:index:LocalPort",
      "docker:index/container:Container",
      "docker:index/remoteImage:RemoteImage",
      "docker:index/volume:Volume",
      "pulumi:providers:directive",
      "pulumi:providers:docker",
      "pulumi:pulumi:Stack",
      "v7:components:Database",
      "v7:components:DockerPostgres",
    ]);
  });
});
