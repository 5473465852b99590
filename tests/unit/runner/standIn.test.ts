import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLUGIN_VERSIONS } from "../../../engine/versions";
import { standInOnProtected } from "../../../policy/shared/standIn";
import { folderOfTest } from "../../support/folder";

const home = folderOfTest();

/** Puts that text where Pulumi installs the plugin that @pulumi/postgresql asks for. */
function install(content: string): void {
  const folder = join(home(), "plugins", `resource-postgresql-v${PLUGIN_VERSIONS.postgresql}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "pulumi-resource-postgresql"), content);
}

const look = (more: NodeJS.ProcessEnv = {}): Promise<string | undefined> =>
  standInOnProtected({}, { PULUMI_HOME: home(), ...more });

describe("the stand-in on a protected database", () => {
  it("is not found where the plugin is machine code: the database is not even asked", async () => {
    install("\x7fELF and so on");
    await expect(look()).resolves.toBeUndefined();
  });

  it.each([
    ["a script", "#!/usr/bin/env node\n"],
    ["nothing", undefined],
  ])(
    "is suspected where the plugin is %s: then the database is asked, or nothing passes",
    async (_, content) => {
      if (content !== undefined) {
        install(content);
      }
      await expect(look()).rejects.toThrow();
    },
  );

  it("is let pass by the switch of the tests", async () => {
    install("#!/usr/bin/env node\n");
    await expect(look({ V7_STAND_IN_ON_PROTECTED: "tests-only" })).resolves.toBeUndefined();
    await expect(look({ V7_STAND_IN_ON_PROTECTED: "on" })).rejects.toThrow();
  });
});
