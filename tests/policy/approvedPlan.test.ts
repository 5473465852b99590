import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { approvalNeeded } from "../../policy/approvalNeeded";
import { approvedPlan } from "../../policy/approvedPlan";
import { noStandIn } from "../../policy/noStandIn";
import { loadDirectives } from "../../runner/directive/directive";
import { choosePort } from "../../runner/embedded/system/port";
import { plannedStep } from "../../runner/plan/plan";
import { UNKNOWN, violationsOf } from "../support/policies";

const GATE = "directive:index:ApprovalGate";
const RUNNER = "directive:index:MigrationRunner";
const SQL = join(__dirname, "..", "..", "sql");
let inputs: Record<string, unknown>;

/** Inputs as the program gives them, for a server that does not answer. */
beforeAll(async () => {
  const port = await choosePort("closed");
  const { steps, access } = await loadDirectives(SQL, []);
  inputs = {
    ...{ project: "v7", stack: "prod", amendments: [], members: {}, access: access.sha256 },
    steps: steps.map(plannedStep),
    ...{ host: "127.0.0.1", port, databaseName: "d", user: "u", password: "p", sslMode: "disable" },
    ...{ requireApproval: true, allowedSigners: "signers", requiredApprovals: 1 },
  };
});

async function during(kind: "preview" | "up"): Promise<void> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ inputs: state }) => ({ id: "", state: state as object }),
      call: () => ({}),
    },
    "v7",
    "prod",
    kind === "preview",
  );
}

describe("approved-plan", () => {
  it.each([GATE, RUNNER])("stops %s on up if the server cannot be reached", async (type) => {
    await during("up");
    const [message, ...more] = await violationsOf(approvedPlan, type, inputs);
    expect(message).toMatch(/^"one": SERVER_UNREACHABLE: /);
    expect(more).toEqual([]);
  });

  it.each([GATE, RUNNER])("stops %s on up if its inputs are unknown", async (type) => {
    await during("up");
    const props = { ...inputs, host: UNKNOWN };
    expect(await violationsOf(approvedPlan, type, props)).toEqual([
      '"one": found inputs that are not known, expected to know what runs where. Find out why, and run again.',
    ]);
  });

  it("stops a run whose files differ from those that the program named", async () => {
    await during("up");
    const props = { ...inputs, access: "00".repeat(32) };
    const [message] = await violationsOf(approvedPlan, GATE, props);
    expect(message).toMatch(/^"one": DIRECTIVE_CHANGED: /);
  });

  it("stops roles and grants on up if the stack's settings cannot be judged", async () => {
    await during("up");
    pulumi.runtime.setAllConfig({
      "v7:database": "external",
      "v7:host": "127.0.0.1",
      "v7:port": String(inputs["port"]),
      "v7:databaseName": "d",
      "v7:user": "u",
      "v7:password": "p",
      "v7:sslMode": "disable",
    });
    const [message] = await violationsOf(approvedPlan, "postgresql:index/grant:Grant", {});
    expect(message).toMatch(/^"one": SERVER_UNREACHABLE: /);
  });

  it("stops nothing in a preview, in which approval-needed says why up would stop", async () => {
    await during("preview");
    expect(await violationsOf(approvedPlan, RUNNER, inputs)).toEqual([]);
    const [message] = await violationsOf(approvalNeeded, RUNNER, inputs);
    expect(message).toMatch(/^`pulumi up` would stop here with: SERVER_UNREACHABLE: /);
    expect(await violationsOf(approvalNeeded, RUNNER, { ...inputs, host: UNKNOWN })).toEqual([]);
    await during("up");
    expect(await violationsOf(approvalNeeded, RUNNER, inputs)).toEqual([]);
  });

  it("reports nothing on other resources", async () => {
    await during("up");
    expect(await violationsOf(approvedPlan, "aws:s3/bucket:Bucket", { host: UNKNOWN })).toEqual([]);
  });
});

describe("no-stand-in", () => {
  it("stops the gate on up if no official plugin is found and the server cannot be reached", async () => {
    const before = process.env["PULUMI_HOME"];
    process.env["PULUMI_HOME"] = "/nonexistent";
    try {
      await during("up");
      const [message] = await violationsOf(noStandIn, GATE, inputs);
      expect(message).toMatch(
        /^"one": STAND_IN_REFUSED: looking at the postgresql plugin: found SERVER_UNREACHABLE: .*expected the official postgresql/s,
      );
      await during("preview");
      expect(await violationsOf(noStandIn, GATE, inputs)).toEqual([]);
    } finally {
      if (before === undefined) {
        delete process.env["PULUMI_HOME"];
      } else {
        process.env["PULUMI_HOME"] = before;
      }
    }
  });
});
