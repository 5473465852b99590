import type { Plugin, ResourceType } from "../../runner/plugin/resourceType";
import { Connections } from "./connections";
import { grantResource } from "./grantResource";
import { STAND_IN_WARNING } from "./guard";
import { readProviderSettings } from "./providerSettings";
import { roleResource } from "./roleResource";

/** The version that the SDK asks for; the plugin is installed under it. */
const STAND_IN_VERSION = "3.18.1";

/** By the SDK's tokens. */
const TYPES: Readonly<Record<string, (connections: () => Connections) => ResourceType>> = {
  "postgresql:index/role:Role": roleResource,
  "postgresql:index/grant:Grant": grantResource,
};

/** The stand-in for Pulumi's official plugin `postgresql`: the resource types that this project uses, and no others. */
export function standInPlugin(): Plugin {
  let connections: Connections | undefined;
  const configured = (): Connections => {
    if (connections === undefined) {
      throw new Error("the engine has not configured the provider");
    }
    return connections;
  };
  return {
    name: "postgresql",
    version: STAND_IN_VERSION,
    // Nothing is connected to here: in a first preview there may be no server yet.
    configure: (settings, progress) => {
      progress.warn(STAND_IN_WARNING);
      connections = new Connections(readProviderSettings(settings), (message) => {
        progress.warn(message);
      });
      return Promise.resolve();
    },
    resources: Object.fromEntries(
      Object.entries(TYPES).map(([token, type]) => [
        token,
        refusingEarly(type(configured), configured),
      ]),
    ),
    close: async () => connections?.close(),
  };
}

/** A preview says already that the run will be refused. */
function refusingEarly(type: ResourceType, connections: () => Connections): ResourceType {
  return {
    ...type,
    create: async (inputs, context) => {
      if (context.preview) {
        await connections().refuseEarly();
      }
      return type.create(inputs, context);
    },
    update: async (id, oldInputs, oldOutputs, newInputs, context) => {
      if (context.preview) {
        await connections().refuseEarly();
      }
      return (await type.update?.(id, oldInputs, oldOutputs, newInputs, context)) ?? oldOutputs;
    },
  };
}
