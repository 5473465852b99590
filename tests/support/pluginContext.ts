import type { Context } from "../../runner/plugin/resourceType";

/** A context for calling a resource's methods; its messages are not shown. */
export function pluginContext(changes: Partial<Context> = {}): Context {
  const silent = (): void => undefined;
  const { signal } = new AbortController();
  const said = { info: silent, warn: silent, status: silent };
  return { urn: "urn:pulumi:dev::v7::type::it", preview: false, signal, ...said, ...changes };
}
