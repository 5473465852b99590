/**
 * What a slow link costs: round trips, and the time that they take where each is 50 ms. Run by hand:
 *
 *     npx tsx tests/bench/link.ts [milliseconds of a round trip] [major]
 *
 * Asserts nothing: a time is no promise.
 */
import { performance } from "node:perf_hooks";
import { applyDirective } from "../../runner/actions/apply";
import { rollbackDirective } from "../../runner/actions/rollback";
import { findDrift } from "../../runner/drift/findDrift";
import { preparePlan } from "../../runner/plan/preparePlan";
import { withConnection } from "../../runner/postgres/connection";
import { isPostgresMajor } from "../../runner/postgres/majors";
import { applyRequest } from "../support/directive";
import { startTestServer } from "../support/postgres";
import { startProxy } from "../support/proxy";

async function main(): Promise<void> {
  const [roundTripMs = 50, major = 17] = process.argv.slice(2).map(Number);
  if (!isPostgresMajor(major)) {
    throw new Error("no such major");
  }
  const server = await startTestServer({ major });
  const proxy = await startProxy(server.port, { delayMs: roundTripMs / 2 });
  try {
    const database = await server.createDatabase({ shape: "supabase", unprotected: true });
    const direct = await applyRequest(database);
    const request = { ...direct, connection: { ...direct.connection, port: proxy.port } };
    const read = (use: Parameters<typeof withConnection>[1]) => (): Promise<unknown> =>
      withConnection(request.connection, use);
    const steps: Readonly<Record<string, () => Promise<unknown>>> = {
      "a connection": read((client) => client.query("SELECT")),
      "a plan": read((client) => preparePlan(client, request)),
      "the directive": () => applyDirective(request),
      "nothing to do": () => applyDirective(request),
      drift: read((client) => findDrift(client, request)),
      rollback: () => rollbackDirective(request),
    };
    for (const [what, step] of Object.entries(steps)) {
      proxy.roundTrips = 0;
      const began = performance.now();
      await step();
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(
        `${what.padEnd(16)}${String(proxy.roundTrips).padStart(6)} round trips${seconds.padStart(8)} s`,
      );
    }
  } finally {
    await proxy.stop();
    await server.stop();
  }
}

void main();
