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

/** Sets the next result of the engine's command. */
function answer(code: number, output: string, errors = ""): void {
  runMock.mockResolvedValue({ code, output, errors });
}

beforeEach(() => {
  jest.mocked(preparedEngine).mockReturnValue(undefined);
  jest.mocked(findOnPath).mockReturnValue("/usr/bin/pulumi");
});

describe("a stack's outputs", () => {
  it("are read with the user's own pulumi if npm start has made no engine", async () => {
    answer(0, JSON.stringify(OUTPUTS));
    await expect(readOutputs("mine")).resolves.toEqual(OUTPUTS);
    const [command, parameters] = runMock.mock.lastCall ?? [];
    expect([command, parameters]).toEqual([
      "/usr/bin/pulumi",
      ["stack", "output", "--json", "--show-secrets", "--stack", "mine", "--non-interactive"],
    ]);
  });

  it("cannot be read without an engine", async () => {
    jest.mocked(findOnPath).mockReturnValue(undefined);
    const { message } = await faultOf(() => readOutputs("dev"));
    expect(message).toBe(
      "ENGINE_MISSING: looking for a Pulumi engine: found none. Run npm start, which gets one.",
    );
  });

  it("cannot be read if the stack does not exist, and the engine's message is shown", async () => {
    answer(255, "", "error: no stack named 'other' found\n");
    const { message } = await faultOf(() => readOutputs("other"));
    expect(message).toBe(
      `STACK_MISSING: reading the outputs of stack "other": found no stack named 'other'. ` +
        "Check --stack, and V7_BACKEND_URL where its state is shared; then run pulumi up on it.",
    );
  });

  it.each([
    "incorrect passphrase",
    "get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or …",
  ])("cannot be read without the passphrase, and the message asks for it: %s", async (found) => {
    answer(255, "", `error: ${found}\n`);
    const { message } = await faultOf(() => readOutputs("prod"));
    expect(message).toBe(
      `STACK_MISSING: reading the outputs of stack "prod": found ${found}. ` +
        "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to the passphrase of this stack's secrets; " +
        "unset both for a stack of local development, whose passphrase is v7-dev.",
    );
  });

  it("cannot be read before the first run has made them", async () => {
    answer(0, "{}");
    const { message } = await faultOf(() => readOutputs("dev"));
    expect(message).toBe(
      'STACK_MISSING: reading the outputs of stack "dev": found a stack without databaseUrl. Run npm start.',
    );
  });
});

describe("a database's URL", () => {
  it("is read back as the connection that it was made of, for any text in it", () => {
    // A URL cannot express a name that is one dot, or two.
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

  it("means a verified certificate unless it has another sslmode", () => {
    expect(connectionFromUrl("postgresql://u:p@h:5432/d").sslMode).toBe("verify-full");
  });
});
