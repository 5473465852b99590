import type { Context } from "../../runner/plugin/resourceType";

/** What a resource is called with; nothing of what it says is shown. */
export function pluginContext(changes: Partial<Context> = {}): Context {
  const silent = (): void => undefined;
  const { signal } = new AbortController();
  const said = { info: silent, warn: silent, status: silent };
  return { urn: "urn:pulumi:dev::v7::type::it", preview: false, signal, ...said, ...changes };
}
