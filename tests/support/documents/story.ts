import type { Client } from "pg";
import { documentCommands } from "./commands";
import type { Step } from "./step";
import { makeWorld, type World } from "./world";

const placesOf = new Map(documentCommands().map(({ command, places }) => [command, places]));

/** The title of a test: the command's place in the documents, and its text. */
function titleOf({ command, typed }: Step): string {
  const [first = "", ...more] = placesOf.get(command ?? "") ?? [];
  const others = more.length === 0 ? "" : ` and ${String(more.length)} more`;
  return command === undefined ? `(${typed})` : `${first}${others}: ${command}`;
}

/** Output that no command may show. */
const NOISE = /DeprecationWarning|UnhandledPromiseRejection|^\s+at .*node:internal/m;

/**
 * A test file of the documents' commands, typed in one world: one test for each command, in order. Call it once, at the
 * top of the file.
 */
// eslint-disable-next-line jest/no-export -- each file of tests/e2e/documents tells a story by it
export function tellStory(
  where: "dev" | "prod",
  chapters: Readonly<Record<string, readonly Step[]>>,
): void {
  let world: World;
  let login: Client | undefined;
  /** The command that failed: those after it are not typed. */
  let broken: string | undefined;

  beforeAll(async () => {
    world = await makeWorld();
  });
  afterAll(async () => {
    await world.remove();
  });

  describe.each(Object.entries(chapters))("a command of the documents, %s:", (_chapter, steps) => {
    it.each(steps.map((step) => [titleOf(step), step] as const))("%s", async (title, step) => {
      if (broken !== undefined) {
        throw new Error(`not typed: the story ended at ${broken}`);
      }
      broken = title;
      await expectStep(step);
      broken = undefined;
    });
  });

  /** Types the command, or runs the SQL, and compares the result. */
  async function expectStep(step: Step): Promise<void> {
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
  }
}

/** `pulumi` asks before it changes anything; no test can say yes. A command that changes nothing does not ask. */
function answered(typed: string): string {
  return typed.startsWith("pulumi ") && !typed.includes("--preview-only")
    ? `PULUMI_SKIP_CONFIRMATIONS=true ${typed}`
    : typed;
}
