/** The version of the SDK (as in package.json) and of the engine that is downloaded or built. */
export const PULUMI_VERSION = "3.259.0";

/** The oldest engine that is used from PATH; older ones were not tested with this SDK. */
export const OLDEST_PULUMI = "3.250.0";

/** The Go toolchain that is fetched where none is new enough: github.com/pulumi/pulumi/pkg/v3 needs 1.25.11. */
export const GO_VERSION = "1.26.8";

/** The provider plugins, with the versions of their npm packages. */
export const PLUGIN_VERSIONS = { postgresql: "3.18.1", docker: "5.2.0" } as const;

export type PluginName = keyof typeof PLUGIN_VERSIONS;

/** The numbers of a version such as `v3.259.0`, `go1.26.8` or `3.260.0-alpha.1`; undefined where there are none. */
export function versionNumbers(text: string): [number, number, number] | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Whether a version is the wanted one or newer, of any major version; false where it has no numbers. */
export function isAtLeast(found: string, wanted: string): boolean {
  const left = versionNumbers(found);
  const right = versionNumbers(wanted);
  if (left === undefined || right === undefined) {
    return false;
  }
  const difference = left
    .map((number, index) => number - (right[index] ?? 0))
    .find((one) => one !== 0);
  return (difference ?? 0) >= 0;
}
