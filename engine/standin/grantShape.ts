import type { CheckResult, Properties } from "../../runner/plugin/resourceType";
import {
  oneOf,
  optional,
  text,
  texts,
  UNKNOWN,
  type InputFailure,
} from "../../runner/requests/inputShape";
import { checkShape, only, type PropertiesOf, type Shape } from "./shape";

/** A grant's properties by the SDK's names; only the privileges change in place. */
export const GRANT_SHAPE = {
  role: { rule: text, replaces: true },
  database: { rule: text, replaces: true },
  schema: { rule: text, replaces: true },
  objectType: { rule: oneOf("schema", "table", "column"), replaces: true },
  objects: { rule: optional(texts), otherwise: [], replaces: true },
  columns: { rule: optional(texts), otherwise: [], replaces: true },
  privileges: { rule: texts },
  withGrantOption: only(false),
} as const satisfies Shape;

export type Grant = PropertiesOf<typeof GRANT_SHAPE>;

/** Refuses in a preview what is no grant of the access matrix: such a one has one object, and of columns one privilege. */
export function checkGrant(inputs: Properties): CheckResult {
  const { failures } = checkShape(GRANT_SHAPE, inputs);
  const isKnown = Object.values(inputs).every((value) => value !== UNKNOWN);
  return { inputs, failures: failures.length > 0 || !isKnown ? failures : problems(inputs) };
}

function problems(inputs: Partial<Grant>): InputFailure[] {
  const { objectType, objects = [], columns = [], privileges = [] } = inputs;
  const isColumn = objectType === "column";
  const rules: [isWrong: boolean, property: keyof Grant, reason: string][] = [
    [
      objects.length !== (objectType === "schema" ? 0 : 1),
      "objects",
      `are ${objects.length}: the stand-in grants on a schema, or on one object of it`,
    ],
    [
      isColumn !== columns.length > 0,
      "columns",
      "are for the object type column, which needs some",
    ],
    [
      privileges.length === 0 || (isColumn && privileges.length > 1),
      "privileges",
      "are none, or several on columns: the stand-in grants one there",
    ],
    [privileges.includes("ALL"), "privileges", "have ALL in them: the stand-in grants by name"],
    [inputs.role?.toLowerCase() === "public", "role", "is everybody: the stand-in grants to roles"],
  ];
  return rules.filter(([isWrong]) => isWrong).map(([, property, reason]) => ({ property, reason }));
}

/** As the official plugin makes it. */
export function grantId(grant: Grant): string {
  const { role, database, schema, objectType, objects, columns } = grant;
  return [role, database, schema, objectType, ...objects, ...columns].join("_");
}

export function describeGrant({ role, schema, objectType, objects }: Grant): string {
  return `the privileges of "${role}" on the ${objectType} "${[schema, ...objects].join(".")}"`;
}
