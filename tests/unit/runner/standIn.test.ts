import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLUGIN_VERSIONS } from "../../../engine/versions";
import { standInOnProtected } from "../../../policy/shared/standIn";
import { loadDirectives } from "../../../runner/directive/directive";
import { choosePort } from "../../../runner/embedded/system/port";
import { plannedStep } from "../../../runner/plan/plan";
import { folderOfTest } from "../../support/folder";
import { SQL_FOLDER } from "../../support/sqlFolder";

const home = folderOfTest();

/** Puts that text where Pulumi installs the plugin that @pulumi/postgresql asks for. */
function install(content: string): void {
  const folder = join(home(), "plugins", `resource-postgresql-v${PLUGIN_VERSIONS.postgresql}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "pulumi-resource-postgresql"), content);
}

let inputs: Record<string, unknown>;
/** The gate's inputs, for a server that does not answer. */
beforeAll(async () => {
  const port = await choosePort("closed");
  const { steps, access } = await loadDirectives(SQL_FOLDER, []);
  inputs = {
    ...{ project: "v7", stack: "prod", amendments: [], members: {}, access: access.sha256 },
    steps: steps.map(plannedStep),
    ...{ host: "127.0.0.1", port, databaseName: "d", user: "u", password: "p", sslMode: "disable" },
    ...{ requireApproval: true, allowedSigners: "signers", requiredApprovals: 1 },
  };
});

const look = (more: NodeJS.ProcessEnv = {}): Promise<string | undefined> =>
  standInOnProtected(inputs, { PULUMI_HOME: home(), ...more });

describe("the search for the stand-in on a protected database", () => {
  it("finds none, without asking the database, if the plugin is machine code", async () => {
    install("\x7fELF and so on");
    await expect(look()).resolves.toBeUndefined();
  });

  it.each([
    ["a script", "#!/usr/bin/env node\n"],
    ["missing", undefined],
  ])("asks the database, and fails without one, if the plugin is %s", async (_, content) => {
    if (content !== undefined) {
      install(content);
    }
    await expect(look()).rejects.toThrow("SERVER_UNREACHABLE");
  });

  it("finds none with the switch of the tests", async () => {
    install("#!/usr/bin/env node\n");
    await expect(look({ V7_STAND_IN_ON_PROTECTED: "tests-only" })).resolves.toBeUndefined();
    await expect(look({ V7_STAND_IN_ON_PROTECTED: "on" })).rejects.toThrow("SERVER_UNREACHABLE");
  });
});
