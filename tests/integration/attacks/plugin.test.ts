import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { escapeIdentifier } from "pg";
import { readHistory } from "../../../runner/history/history";

import { withConnection } from "../../../runner/postgres/connection";
import { UNKNOWN } from "../../../runner/requests/inputShape";
import { makeCheckout, type Checkout } from "../../support/checkout";
import { directiveInputs, startOwnPlugin } from "../../support/ownPlugin";
import { startTestServer, type TestServer } from "../../support/postgres";
import {
  approve,
  everythingIn,
  expectRefused as expectRefusedIn,
  makeScene,
  rollbackPlan,
  type Scene,
} from "../../support/scene";
import { makeKey, removeFolders, signerLine } from "../../unit/approval/support";
import type { Wire } from "../../unit/plugin/pluginClient";
import type { PluginProcess } from "../postgresqlPlugin/pluginProcess";

const GATE = "directive:index:ApprovalGate";
const RUNNER = "directive:index:MigrationRunner";
const CHECK = "directive:index:CatalogCheck";
const CLONE = "directive:index:DatabaseClone";

let server: TestServer;
let checkout: Checkout;
let plugin: PluginProcess;
const processes: PluginProcess[] = [];

beforeAll(async () => {
  [server, checkout] = await Promise.all([startTestServer({ major: 17 }), makeCheckout()]);
  plugin = await start();
});
afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  checkout.remove();
  removeFolders();
  await server.stop();
});

async function start(environment: Record<string, string> = {}): Promise<PluginProcess> {
  const started = await startOwnPlugin(checkout, environment);
  processes.push(started);
  return started;
}

/** A protected database whose approvals are in the plugin's own checkout. */
async function makePluginScene(): Promise<Scene> {
  return await makeScene(server, { folder: checkout.folder });
}

const inputsFor = ({ database }: Scene): Promise<Wire> => directiveInputs(checkout, database);

type Call = (inputs: Wire, one: PluginProcess) => Promise<unknown>;
const create =
  (type: string): Call =>
  (inputs, { client }) =>
    client.create(type, inputs);
const update =
  (type: string): Call =>
  (inputs, { client }) =>
    client.update(type, "id", { inputs, outputs: inputs }, inputs);
const remove =
  (type: string): Call =>
  (inputs, { client }) =>
    client.delete(type, "id", { inputs, outputs: inputs });

async function expectRefused(
  scene: Scene,
  call: Call,
  code: string,
  changes: Wire = {},
  one: PluginProcess = plugin,
): Promise<void> {
  const inputs = { ...(await inputsFor(scene)), ...changes };
  await expectRefusedIn(scene.database, code, () => call(inputs, one));
}

describe("a direct call of the plugin", () => {
  it.each<[string, Call]>([
    ["create of the gate", create(GATE)],
    ["update of the gate", update(GATE)],
    ["create of the migration", create(RUNNER)],
    ["update of the migration", update(RUNNER)],
  ])("runs nothing by %s without an approval", async (_, call) => {
    await expectRefused(await makePluginScene(), call, "APPROVAL_REQUIRED");
  });

  it.each([create(GATE), update(GATE)])(
    "of the gate names obstacles before the first role is made (%#)",
    async (call) => {
      const scene = await makePluginScene();
      const client = await scene.database.connect();
      const name = escapeIdentifier(scene.database.name);
      await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      await expectRefused(scene, call, "PRECHECK_FAILED");
    },
  );

  it.each([GATE, RUNNER])("cannot bypass %s with a forged state", async (type) => {
    const scene = await makePluginScene();
    const inputs = await inputsFor(scene);
    const planted = { inputs, outputs: { ...inputs, isProtected: false, planDigest: "" } };
    const { changes } = await plugin.client.diff(type, "id", planted, inputs);
    expect(changes).toEqual({ planDigest: "update" });
    await expectRefused(scene, update(type), "APPROVAL_REQUIRED");
  });

  it.each<[string, string, Wire]>([
    ["says that no approval is required", "SETTING_INVALID", { requireApproval: false }],
    ["says that zero approvals are enough", "APPROVAL_REQUIRED", { requiredApprovals: 0 }],
    ["gives a text as the number of approvals", "SETTING_INVALID", { requiredApprovals: "none" }],
    ["leaves a step out", "DIRECTIVE_CHANGED", { steps: [] }],
    ["names another matrix", "DIRECTIVE_CHANGED", { access: "00".repeat(32) }],
    ["has an unknown host", "SETTING_INVALID", { host: UNKNOWN }],
  ])("runs nothing when it %s", async (_, code, changes) => {
    const scene = await makePluginScene();
    for (const call of [create(GATE), create(RUNNER)]) {
      await expectRefused(scene, call, code, changes);
    }
  });

  describe.each([GATE, RUNNER, CHECK, CLONE, "directive:index:EmbeddedPostgres"])(
    "for %s",
    (type) => {
      const calls = (inputs: Wire): readonly (() => Promise<unknown>)[] => {
        const state = { inputs, outputs: inputs };
        const { client } = plugin;
        return [
          () => client.diff(type, "id", state, inputs),
          () => client.create(type, inputs, true),
          () => client.create(type, inputs),
          () => client.read(type, "id", state),
          () => client.update(type, "id", state, inputs),
          () => client.delete(type, "id", state),
        ];
      };

      it("is refused without inputs, with the name of a missing input", async () => {
        for (const call of calls({})) {
          await expect(call()).rejects.toThrow(
            /SETTING_INVALID: reading the inputs of directive:index:\w+: found "\w+", which /,
          );
        }
        const { failures } = await plugin.client.check(type, {});
        expect(failures.map(({ property }) => property)).toContain("stack");
      });
    },
  );

  it.each<[string, JavaScriptValue, string]>([
    ["user", "postgres\0options\0-c v7.unprotected=on", "has a zero byte in it"],
    ["databaseName", "postgres\0replication\0true", "has a zero byte in it"],
    ["password", "x\0", "has a zero byte in it"],
    ["password", 7, "is not a text"],
    ["host", null, "is not a text"],
    ["port", "5432", "is not a port number from 1 to 65535"],
    ["steps", "none", "is not a list of mappings with directive, id, kind, sha256"],
    ["steps", [null], "is not a list of mappings with directive, id, kind, sha256"],
    ["members", ["x"], "is not a mapping of lists of texts"],
    ["amendments", { a: 1 }, "is not a list of texts without a zero byte"],
    ["requireApproval", "false", "is not true or false"],
    ["sslMode", "allow", "is not one of disable, require, verify-ca, verify-full"],
    ["lockTimeout", 0.5, "is not a whole number of seconds from 1 to 86400"],
  ])("runs nothing when %s is %j", async (name, value, reason) => {
    const scene = await makePluginScene();
    const inputs = { ...(await inputsFor(scene)), [name]: value };
    for (const call of [create(GATE), update(RUNNER), remove(CHECK)]) {
      await expect(call(inputs, plugin)).rejects.toThrow(`"${name}", which ${reason}`);
    }
    expect((await plugin.client.check(RUNNER, inputs)).failures).toEqual([
      { property: name, reason },
    ]);
  });

  it("removes nothing by the rules in its inputs when signers are pinned", async () => {
    const scene = await makePluginScene();
    await approve(scene);
    await plugin.client.create(RUNNER, await inputsFor(scene));
    const mallory = makeKey();
    const signers = join(checkout.folder, "..", "mallory_signers");
    writeFileSync(signers, signerLine("mallory", mallory));
    await expectRefused(scene, remove(RUNNER), "APPROVAL_WRONG_PLAN");
    await approve(scene, { name: "two", key: mallory, approver: "mallory", plan: rollbackPlan });
    for (const call of [remove(CHECK), remove(RUNNER)]) {
      await expectRefused(scene, call, "APPROVAL_UNTRUSTED", { allowedSigners: signers });
      await expectRefused(scene, call, "SETTING_INVALID", { requireApproval: false });
    }
  });
});

describe("one approval, used by two plugins at the same time,", () => {
  it("allows one run", async () => {
    const scene = await makePluginScene();
    await approve(scene);
    const second = await start();
    const inputs = await inputsFor(scene);
    await Promise.all([create(RUNNER)(inputs, plugin), create(RUNNER)(inputs, second)]);
    const history = await withConnection(scene.request.connection, readHistory);
    expect(history).toHaveLength(scene.request.steps.length + 1);
    expect(new Set(history.map(({ planDigest }) => planDigest)).size).toBe(1);
  });
});

describe("the environment of the run", () => {
  /** A plugin whose clock is that many hours off. */
  async function withClock(hours: number): Promise<PluginProcess> {
    const file = join(checkout.folder, "..", `clock${String(hours)}.cjs`);
    writeFileSync(
      file,
      `const RealDate = Date; const by = ${String(hours * 3_600_000)};
       globalThis.Date = class extends RealDate {
         constructor(...args) { if (args.length === 0) { super(RealDate.now() + by); } else { super(...args); } }
         static now() { return RealDate.now() + by; }
       };`,
    );
    return await start({ NODE_OPTIONS: `--require=${JSON.stringify(file)}` });
  }

  it("cannot make an expired approval valid by a clock that is set back", async () => {
    const scene = await makePluginScene();
    await approve(scene, { issued: new Date(Date.now() - 2 * 3_600_000) });
    const early = await withClock(-1.5);
    await expectRefused(scene, create(RUNNER), "APPROVAL_EXPIRED", {}, early);
  });

  it("cannot make a valid approval expire by a clock that is set forward", async () => {
    const scene = await makePluginScene();
    await approve(scene);
    const late = await withClock(24 * 365);
    await create(GATE)(await inputsFor(scene), late);
    expect((await everythingIn(scene.database)) as { history: unknown[] }).toMatchObject({
      history: [],
    });
  });

  it("cannot replace ssh-keygen or the session's settings", async () => {
    const scene = await makePluginScene();
    await approve(scene, { namespace: "git" });
    const folder = join(checkout.folder, "..", "bin");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "ssh-keygen");
    writeFileSync(
      file,
      `#!/bin/sh\necho 'Good "v7-approval" signature for architect with ED25519 key ${scene.key.fingerprint}'\n`,
    );
    chmodSync(file, 0o755);
    const evil = await start({
      PATH: `${folder}:${process.env["PATH"] ?? ""}`,
      PGOPTIONS: "-c v7.unprotected=on -c search_path=evil",
      PGHOST: "db.invalid",
      PGUSER: "nobody",
      PGPASSWORD: "wrong",
      PGDATABASE: "nowhere",
      V7_STARTED_BY: "architect",
    });
    await expectRefused(scene, create(RUNNER), "APPROVAL_INVALID", {}, evil);
  });
});

it("a row of the history that the owner changed is drift, and stops the next run", async () => {
  const scene = await makePluginScene();
  await approve(scene);
  const inputs = await inputsFor(scene);
  await plugin.client.create(RUNNER, inputs);
  const owner = await scene.database.connect();
  await owner.query("ALTER TABLE v7_control.history DISABLE TRIGGER history_is_append_only");
  await owner.query("UPDATE v7_control.history SET applied_by = 'nobody' WHERE position = 3");
  await owner.end();
  const broken = await plugin.client.read(CHECK, "catalog", { inputs, outputs: inputs });
  expect(broken?.outputs["drift"]).toContain(
    "changed: history row 3 (a row whose content is not what its digest covers)",
  );
  await expect(plugin.client.create(RUNNER, inputs)).rejects.toThrow(/HISTORY_BROKEN: /);
});
