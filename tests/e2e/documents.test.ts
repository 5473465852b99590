import type { Client } from "pg";
import { BRANCHES } from "../support/documents/branches";
import { documentCommands } from "../support/documents/commands";
import { DEV } from "../support/documents/dev";
import { NOT_TYPED } from "../support/documents/notTyped";
import { PROD } from "../support/documents/prod";
import type { Step } from "../support/documents/step";
import { makeWorld, type World } from "../support/documents/world";

const known = documentCommands();
const placesOf = new Map(known.map(({ command, places }) => [command, places]));
let world: World;
let login: Client | undefined;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(async () => {
  await world.remove();
});

/** What a test is called: where the command stands, and how it reads there. */
function titleOf({ command, typed }: Step): string {
  const [first = "", ...more] = placesOf.get(command ?? "") ?? [];
  const others = more.length === 0 ? "" : ` and ${String(more.length)} more`;
  return command === undefined ? `(${typed})` : `${first}${others}: ${command}`;
}

/** What nobody who types a command should have to read. */
const NOISE = /DeprecationWarning|UnhandledPromiseRejection|^\s+at .*node:internal/m;

/** The story that broke, and where: what comes after it there would only say so again. */
const broken = new Map<string, string>();

/** Types the command, or runs the SQL, and compares what comes of it. */
async function expectStep(where: "dev" | "prod", step: Step): Promise<void> {
  const before = broken.get(where);
  if (before !== undefined) {
    throw new Error(`not typed: the story ended at ${before}`);
  }
  broken.set(where, titleOf(step));
  if (step.sql === undefined) {
    const { code, output } = world[where].type(answered(step.typed), step.input);
    const { code: wanted = 0, output: pattern = /^/ } = step;
    if (code !== wanted || !pattern.test(output) || NOISE.test(output)) {
      const expected = `expected exit code ${String(wanted)}, ${String(pattern)}, and no noise`;
      throw new Error(`found exit code ${String(code)}, ${expected}, of: ${output}`);
    }
  } else {
    const client = step.as === "login" ? (login ??= await world.login()) : world.superuser;
    await client.query(step.sql.replace("DATABASE DATABASE", `DATABASE ${world.database}`));
  }
  broken.delete(where);
}

/** `pulumi` asks before it changes anything; here nobody is there to say yes. What only looks does not ask. */
function answered(typed: string): string {
  return typed.startsWith("pulumi ") && !typed.includes("--preview-only")
    ? `PULUMI_SKIP_CONFIRMATIONS=true ${typed}`
    : typed;
}

const titled = (steps: readonly Step[]): [string, Step][] =>
  steps.map((step) => [titleOf(step), step]);

// Stories, told in order: each command stands on those before it.
describe("a command of the documents, typed on a development stack, is right:", () => {
  it.each(titled(DEV))("%s", async (_title, step) => {
    await expectStep("dev", step);
  });
});
describe("a command of the documents, typed for a branch, is right:", () => {
  it.each(titled(BRANCHES))("%s", async (_title, step) => {
    await expectStep("dev", step);
  });
});
describe("a command of the documents, typed against a protected database, is right:", () => {
  it.each(titled(PROD))("%s", async (_title, step) => {
    await expectStep("prod", step);
  });
});
describe("a command of the documents that is not typed here is looked at:", () => {
  it.each(
    titled(
      NOT_TYPED.flatMap(({ command, instead }) =>
        instead === undefined ? [] : [{ ...instead, command }],
      ),
    ),
  )("%s", async (_title, step) => {
    await expectStep("dev", step);
  });
});
