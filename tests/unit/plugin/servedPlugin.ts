import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import type { Plugin } from "../../../runner/plugin/resourceType";
import { EngineLog } from "../../../runner/plugin/rpc/engineLog";
import { ProviderService } from "../../../runner/plugin/rpc/providerService";
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
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) {
        resolve(bound);
      } else {
        reject(error);
      }
    });
  });
  const client = new PluginClient(port);
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
