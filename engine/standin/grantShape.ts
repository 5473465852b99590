import type { CheckFailure, Properties } from "../../runner/plugin/resourceType";
import { UNKNOWN } from "../../runner/plugin/resourceType";
import { privilegeProblem } from "./privileges";
import { checkShape, type Shape } from "./shape";
import { isPublic } from "./sql";

/** A grant's properties by the SDK's names; only the privileges change in place. */
export const GRANT_SHAPE = {
  role: { kind: "text", isRequired: true, replaces: true },
  database: { kind: "text", isRequired: true, replaces: true },
  schema: { kind: "text", otherwise: "", replaces: true },
  objectType: { kind: "text", isRequired: true, replaces: true },
  objects: { kind: "set", otherwise: [], replaces: true },
  columns: { kind: "set", otherwise: [], replaces: true },
  privileges: { kind: "set", isRequired: true },
  withGrantOption: { kind: "flag", otherwise: false, replaces: true },
} as const satisfies Shape;

const GRANT_TYPES = ["schema", "table", "column"] as const;

type GrantType = (typeof GRANT_TYPES)[number];

/** A grant's properties with every default filled in. */
export interface Grant {
  readonly role: string;
  readonly database: string;
  readonly schema: string;
  readonly objectType: GrantType;
  readonly objects: readonly string[];
  readonly columns: readonly string[];
  readonly privileges: readonly string[];
  readonly withGrantOption: boolean;
}

/** Refuses in a preview what the official plugin refuses when it runs. */
export function checkGrant(inputs: Properties): ReturnType<typeof checkShape> {
  const { failures } = checkShape(GRANT_SHAPE, inputs);
  const isKnown = Object.values(inputs).every((value) => value !== UNKNOWN);
  return failures.length > 0 || !isKnown
    ? { inputs, failures }
    : { inputs, failures: problems(inputs) };
}

function problems(grant: Partial<Grant>): CheckFailure[] {
  const { objectType: type, privileges = [], objects = [], columns = [], schema = "" } = grant;
  if (type === undefined || !GRANT_TYPES.includes(type)) {
    const reason = `found "${String(type)}", expected ${GRANT_TYPES.join(", ")}: the stand-in has no others`;
    return [{ property: "objectType", reason }];
  }
  const isColumn = type === "column";
  const hasObjects = type !== "schema";
  const rules: [isWrong: boolean, property: keyof Grant, reason: string][] = [
    [schema === "", "schema", `found none, expected the ${type}'s schema`],
    [!hasObjects && objects.length > 0, "objects", `found some, expected none for a ${type}`],
    [!isColumn && columns.length > 0, "columns", `found some, expected none for a ${type}`],
    [isColumn && columns.length === 0, "columns", "found none, expected the columns' names"],
    [isColumn && objects.length !== 1, "objects", "expected exactly one table for its columns"],
    [isColumn && privileges.length !== 1, "privileges", "expected exactly one for columns"],
    [
      grant.withGrantOption === true && isPublic(grant.role ?? ""),
      "withGrantOption",
      "found true, expected false for the role public",
    ],
  ];
  const failures = rules
    .filter(([isWrong]) => isWrong)
    .map(([, property, reason]) => ({ property, reason }));
  const problem = privilegeProblem(type, privileges);
  return problem === undefined
    ? failures
    : [...failures, { property: "privileges", reason: problem }];
}

/** As the official plugin makes it. */
export function grantId(grant: Grant): string {
  const { role, database, schema, objectType, objects, columns } = grant;
  return [role, database, schema, objectType, ...objects, ...columns].join("_");
}

/** For a message. */
export function describeGrant({ role, schema, objectType, objects }: Grant): string {
  const what =
    objects.length === 0 ? `"${schema}"` : objects.map((one) => `"${schema}.${one}"`).join(", ");
  return `the privileges of "${role}" on the ${objectType} ${what}`;
}
