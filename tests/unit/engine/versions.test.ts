import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  isAtLeast,
  PLUGIN_VERSIONS,
  PULUMI_VERSION,
  versionNumbers,
} from "../../../engine/versions";

const manifest = JSON.parse(readFileSync(join(__dirname, "../../../package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};
const goModule = readFileSync(join(__dirname, "../../../engine/go/go.mod"), "utf8");

describe("versions", () => {
  it.each([
    ["v3.259.0", [3, 259, 0]],
    ["go1.26.8", [1, 26, 8]],
    ["go1.27", [1, 27, 0]],
    ["3.260.0-alpha.1+abc", [3, 260, 0]],
  ])("are read from %s", (text, numbers) => {
    expect(versionNumbers(text)).toEqual(numbers);
  });

  it.each([
    ["3.250.0", "3.250.0", true],
    ["3.1000.0", "3.250.0", true],
    ["3.249.9", "3.250.0", false],
    ["2.300.0", "3.250.0", false],
    ["1.26", "1.25.11", true],
    ["1.25.9", "1.25.11", false],
    ["unknown", "1.0.0", false],
    ["", "1.0.0", false],
  ])("are compared: %s is at least %s: %s", (found, wanted, expected) => {
    expect(isAtLeast(found, wanted)).toBe(expected);
  });

  it("give the engine the version of the SDK", () => {
    expect(manifest.dependencies["@pulumi/pulumi"]).toBe(PULUMI_VERSION);
    expect(goModule).toContain(`github.com/pulumi/pulumi/pkg/v3 v${PULUMI_VERSION}\n`);
    expect(goModule).toContain(`github.com/pulumi/pulumi/sdk/v3 v${PULUMI_VERSION}`);
  });

  it("give each plugin the version of its npm package", () => {
    expect(manifest.dependencies["@pulumi/postgresql"]).toBe(PLUGIN_VERSIONS.postgresql);
    expect(manifest.dependencies["@pulumi/docker"]).toBe(PLUGIN_VERSIONS.docker);
  });
});
