import { escapeIdentifier, type ClientBase } from "pg";
import { takeEventTriggers, type EventTrigger } from "../../catalog/eventTriggers";
import type { Obstacle, Step } from "../../model";
import { altersObjects, dropsObjects, firesEvents, firesTag } from "../../sql/commandTags";
import type { PlannedRun } from "./plannedRun";

/** The tags of statements that the runner and the stack's grants run besides the directives'. */
const OWN_TAGS: readonly string[] = ["GRANT", "REVOKE"];

/**
 * Event triggers that the statements would fire: other people's code, which may change what the directive makes, or forbid
 * it. They are shown so that a person reads their functions. Only one that enables row level security, without the amendment
 * that does the same, stops the run: the catalog would surely differ from the expected one.
 */
export async function eventTriggerObstacles(
  client: ClientBase,
  run: Pick<PlannedRun, "statements" | "steps" | "optional">,
): Promise<readonly Obstacle[]> {
  const triggers = await takeEventTriggers(client);
  return triggers.filter((trigger) => fires(trigger, run)).map((one) => obstacleOf(one, run));
}

function fires({ event, tags }: EventTrigger, { statements }: Pick<PlannedRun, "statements">) {
  if (event === "sql_drop" && !dropsObjects(statements)) {
    return false;
  }
  if (event === "table_rewrite" && !altersObjects(statements)) {
    return false;
  }
  return tags === null
    ? firesEvents(statements)
    : tags.some((tag) => OWN_TAGS.includes(tag) || firesTag(statements, tag));
}

function obstacleOf(
  trigger: EventTrigger,
  { statements, steps, optional }: Pick<PlannedRun, "statements" | "steps" | "optional">,
): Obstacle {
  const { name, event, tags, definition, owner } = trigger;
  const disable = `ALTER EVENT TRIGGER ${escapeIdentifier(name)} DISABLE while it runs, as "${owner}"`;
  const found = `event trigger "${name}" (${event}${tags === null ? "" : ` on ${tags.join(", ")}`}) of "${owner}", which these statements fire: it calls ${definition}`;
  const fitting = optional.filter(enablesRowSecurity);
  if (!(trigger.enablesRowSecurity && firesTag(statements, "CREATE TABLE"))) {
    return {
      found,
      remedy: `Read that function: where it forbids these statements or changes what they make, ${disable}`,
      isPassing: true,
    };
  }
  const enables = `${found}, which enables row level security on new tables`;
  const chosen = fitting.filter(({ id }) => steps.some((step) => step.id === id));
  return chosen.length > 0
    ? {
        found: enables,
        remedy: `The amendment ${names(chosen)} does the same, so leave it be`,
        isPassing: true,
      }
    : {
        found: enables,
        remedy: `${fitting.length === 0 ? "" : `Choose the amendment ${names(fitting)}, which does so with its policies: pulumi config set v7:amendments '["${fitting[0]?.id ?? ""}"]'. Or `}${disable}`,
      };
}

const names = (steps: readonly Step[]): string => steps.map(({ id }) => id).join(", ");

function enablesRowSecurity({ statements }: Step): boolean {
  return statements.some(({ locked }) =>
    locked?.changed.some(({ properties }) => properties["rowSecurity"]?.to === true),
  );
}
