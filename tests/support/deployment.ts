import type { StateResource } from "../../engine/deployment";
import type { ProgramRun, Registration } from "./program";

/** A resource as Pulumi's state has it, as far as `pulumi stack import` looks. */
interface ImportedResource extends StateResource {
  readonly custom: boolean;
  readonly id?: string;
  readonly dependencies?: readonly string[];
}

/** A deployment as `pulumi stack export` writes it. */
export interface ImportedDeployment {
  readonly manifest: Readonly<Record<string, string>>;
  readonly resources: readonly ImportedResource[];
}

/** The deployment that this run of the program leaves: every resource, its parent, its provider, its dependencies. */
export function deploymentOf({ registrations }: ProgramRun, stack: string): ImportedDeployment {
  const urn = (type: string, name: string): string => `urn:pulumi:${stack}::v7::${type}::${name}`;
  const root = urn("pulumi:pulumi:Stack", `v7-${stack}`);
  const known = new Map(registrations.map(({ type, name }) => [name, urn(type, name)]));
  const others = (names: readonly string[]): string[] =>
    names.flatMap((name) => known.get(name) ?? []);
  const providerOf = ({ type }: Registration): string | undefined => {
    const [prefix = ""] = type.split(":");
    return ["v7", "pulumi"].includes(prefix)
      ? undefined
      : prefix === "postgresql"
        ? urn("pulumi:providers:postgresql", "postgresql")
        : urn(`pulumi:providers:${prefix}`, "default");
  };
  const defaults = ["directive", "docker"].map((name): ImportedResource => {
    const type = `pulumi:providers:${name}`;
    return { urn: urn(type, "default"), type, custom: true, id: "id" };
  });
  const made = registrations
    .filter(({ type }) => type !== "pulumi:pulumi:Stack")
    .map((one): ImportedResource => {
      const provider = providerOf(one);
      const isCustom = !one.type.startsWith("v7:");
      return {
        urn: urn(one.type, one.name),
        type: one.type,
        parent: known.get(one.parent) ?? root,
        dependencies: others(one.dependsOn),
        custom: isCustom,
        ...(isCustom ? { id: "id" } : {}),
        ...(provider === undefined ? {} : { provider: `${provider}::id` }),
      };
    });
  return {
    manifest: { time: "2026-11-27T12:00:00Z", magic: "", version: "" },
    resources: [{ urn: root, type: "pulumi:pulumi:Stack", custom: false }, ...defaults, ...made],
  };
}
