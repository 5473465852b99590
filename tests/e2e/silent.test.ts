import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCheckout, type Checkout, type CommandResult } from "../support/checkout";
import { startTestServer, type TestServer } from "../support/postgres";
import { writeExternalStack } from "../support/protectedStack";
import { startProxy, type Proxy } from "../support/proxy";

let checkout: Checkout;
let server: TestServer;
let proxy: Proxy;

/** Edits the bounds in this checkout's copy of bounds.ts: no setting changes them. */
function shortenBounds(): void {
  const file = join(checkout.folder, "runner", "postgres", "bounds.ts");
  const short = readFileSync(file, "utf8").replace(
    /^( {2}(?:connect|answer|lock)Seconds): \d+/gm,
    "$1: 1",
  );
  writeFileSync(file, short);
}

beforeAll(async () => {
  [checkout, server] = await Promise.all([makeCheckout(), startTestServer({ major: 18 })]);
  shortenBounds();
  const database = await server.createDatabase({ shape: "supabase", unprotected: true });
  proxy = await startProxy(server.port);
  const throughProxy = { ...database, port: proxy.port };
  writeExternalStack(checkout, "silent", throughProxy, ['v7:requireApproval: "false"']);
  const up = ["up", "--yes", "--skip-preview", "--stack", "silent"];
  const { code, output } = await checkout.startPulumi(up);
  if (code !== 0) {
    throw new Error(output);
  }
  login = { PGUSER: database.owner, PGPASSWORD: database.ownerPassword };
});

afterAll(async () => {
  await proxy.stop();
  checkout.remove();
  await server.stop();
});

let login: Record<string, string>;

/** Every verb that talks to the stack's database, except those that need a plan to be signed first. */
const VERBS: readonly (readonly string[])[] = [
  ["status"],
  ["plan"],
  ["plan", "--action", "rollback"],
  ["plan", "--action", "repair"],
  ["approvals"],
  ["rehearse", "--action", "rollback"],
  ["drift", "--timeout", "5"],
  ["adopt"],
  ["repair"],
  ["restore"],
  ["psql", "--json", "-c", "SELECT 1"],
];

/** Runs each command, three at once, and `pulumi preview`. */
async function ended(verbs: readonly (readonly string[])[]): Promise<readonly CommandResult[]> {
  const queue = [
    () => checkout.startPulumi(["preview", "--stack", "silent"]),
    ...verbs.map((args) => () => checkout.startV7([...args, "--stack", "silent"], login).result),
  ];
  const results: CommandResult[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      results.push(await next());
    }
  };
  await Promise.all([work(), work(), work()]);
  return results;
}

// A connection is ready after 25 messages; message 40 is in the middle of the answers, and with it each verb is tried.
it.each([4, 5, 6, 7, 8, 9, 10, 11, 12, 40])(
  "each command ends with an error when the server is silent after %i messages",
  async (serverMessages) => {
    proxy.rules = { serverMessages };
    const third = VERBS.filter((_verb, index) => index % 3 === serverMessages % 3);
    const results = await ended(serverMessages === 40 ? VERBS : third);
    proxy.rules = {};
    for (const { code, output } of results) {
      expect({ code, output }).not.toMatchObject({ code: 70 });
      expect(output).toMatch(/SERVER_UNREACHABLE|SERVER_SILENT|DRIFT_UNKNOWN|cannot be reached/);
    }
  },
);
