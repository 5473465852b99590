import fc from "fast-check";
import { connectionFromUrl, readOutputs } from "../../../cli/stack";
import { findOnPath, run } from "../../../engine/command";
import { preparedEngine } from "../../../engine/prepare";
import { faultOf } from "../../support/faults";

jest.mock("../../../engine/command");
jest.mock("../../../engine/prepare");
const runMock = jest.mocked(run);

const OUTPUTS = {
  databaseUrl: "postgresql://u:p@h:5432/d?sslmode=disable",
  planDigest: "p",
  schemaFingerprint: "f",
  historyHead: "h",
  drift: [],
};

/** What the engine's command answers next. */
function answer(code: number, output: string, errors = ""): void {
  runMock.mockResolvedValue({ code, output, errors });
}

beforeEach(() => {
  jest.mocked(preparedEngine).mockReturnValue(undefined);
  jest.mocked(findOnPath).mockReturnValue("/usr/bin/pulumi");
});

describe("a stack's outputs", () => {
  it("are read with the user's own pulumi where npm start has made no engine", async () => {
    answer(0, JSON.stringify(OUTPUTS));
    await expect(readOutputs("mine")).resolves.toEqual(OUTPUTS);
    const [command, parameters] = runMock.mock.lastCall ?? [];
    expect([command, parameters]).toEqual([
      "/usr/bin/pulumi",
      ["stack", "output", "--json", "--show-secrets", "--stack", "mine", "--non-interactive"],
    ]);
  });

  it("are not there without an engine", async () => {
    jest.mocked(findOnPath).mockReturnValue(undefined);
    const { message } = await faultOf(() => readOutputs("dev"));
    expect(message).toBe(
      "ENGINE_MISSING: looking for a Pulumi engine: found none. Run npm start, which gets one.",
    );
  });

  it("are not there where the stack is not: what the engine says is shown", async () => {
    answer(255, "", "error: no stack named 'other' found\n");
    const { message } = await faultOf(() => readOutputs("other"));
    expect(message).toBe(
      `STACK_MISSING: reading the outputs of stack "other": found no stack named 'other' found. ` +
        "Check --stack, and V7_BACKEND_URL where its state is shared; then run pulumi up on it.",
    );
  });

  it.each([
    "incorrect passphrase",
    "get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or …",
  ])("are not there without the passphrase, which the message then names: %s", async (found) => {
    answer(255, "", `error: ${found}\n`);
    const { message } = await faultOf(() => readOutputs("prod"));
    expect(message).toBe(
      `STACK_MISSING: reading the outputs of stack "prod": found ${found}. ` +
        "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to the passphrase of this stack's secrets; " +
        "unset both for a stack of local development, whose passphrase is v7-dev.",
    );
  });

  it("are not there where the stack has none yet", async () => {
    answer(0, "{}");
    const { message } = await faultOf(() => readOutputs("dev"));
    expect(message).toBe(
      'STACK_MISSING: reading the outputs of stack "dev": found a stack without databaseUrl. Run npm start.',
    );
  });
});

describe("a database's URL", () => {
  it("is the connection that it was made of, whatever stands in it", () => {
    // A URL has no way to say that a name is one dot, or two.
    const text = fc
      .string({ minLength: 1, unit: "binary" })
      .filter((one) => one !== "." && one !== "..");
    const hosts = fc.constantFrom("127.0.0.1", "db.example.com", "2001:db8::7");
    fc.assert(
      fc.property(text, text, text, hosts, fc.integer({ min: 1, max: 65_535 }), (...parts) => {
        const [user, password, databaseName, host, port] = parts;
        const [login, secret, name] = [user, password, databaseName].map(encodeURIComponent);
        const address = host.includes(":") ? `[${host}]` : host;
        const url = `postgresql://${String(login)}:${String(secret)}@${address}:${String(port)}/${String(name)}?sslmode=require`;
        expect(connectionFromUrl(url)).toEqual({
          host,
          port,
          databaseName,
          user,
          password,
          sslMode: "require",
        });
      }),
    );
  });

  it("asks for a verified certificate where it does not say otherwise", () => {
    expect(connectionFromUrl("postgresql://u:p@h:5432/d").sslMode).toBe("verify-full");
  });
});
