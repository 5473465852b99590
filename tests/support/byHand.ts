import type { Client } from "pg";
import type { Step } from "../../runner/model";

/** Executes these steps' statements one after the other, each in its own transaction. */
export async function executeEach(client: Client, steps: readonly Step[]): Promise<void> {
  for (const { bytes } of steps.flatMap(({ statements }) => statements)) {
    await client.query(bytes.toString("utf8"));
  }
}

/**
 * Executes Article 3 as psql would, without the runner: one statement after the other, each in its own transaction. Section
 * 5 needs the unique phase number; v7_control comes last.
 */
export async function executeByHand(client: Client, steps: readonly Step[]): Promise<void> {
  const [first, ...rest] = steps.filter(({ kind }) => kind === "section");
  await client.query(first?.bytes.toString("utf8") ?? "");
  await client.query(
    "ALTER TABLE v7_migration_workflow ADD CONSTRAINT v7_migration_workflow_phase_number_key UNIQUE (phase_number)",
  );
  await executeEach(client, rest);
  const control = steps.find(({ id }) => id === "v7_control");
  await client.query(control?.bytes.toString("utf8") ?? "");
}
