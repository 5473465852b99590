import { Server } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { Plugin } from "../../../runner/plugin/resourceType";
import { EngineLog } from "../../../runner/plugin/rpc/engineLog";
import { ProviderService } from "../../../runner/plugin/rpc/providerService";
import { listen } from "../../../runner/plugin/rpc/server";
import { FakeEngine } from "./fakeEngine";
import { PluginClient } from "./pluginClient";

export interface ServedPlugin {
  readonly client: PluginClient;
  readonly engine: FakeEngine;
  stop(): void;
}

/** Serves a plugin inside the test's process, with an engine that keeps its log. */
export async function serveInProcess(plugin: Plugin): Promise<ServedPlugin> {
  const engine = new FakeEngine();
  const log = new EngineLog(await engine.start());
  const server = new Server();
  server.addService(ResourceProviderService, new ProviderService(plugin, log).handlers());
  const client = new PluginClient(await listen(server));
  return {
    client,
    engine,
    stop: () => {
      client.close();
      server.forceShutdown();
      log.close();
      engine.stop();
    },
  };
}
