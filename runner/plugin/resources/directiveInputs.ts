import { UNKNOWN, type CheckFailure, type Properties } from "../resourceType";
export { readRequest, readRules, type DirectiveInputs } from "../../requests/directiveRequest";

const REQUIRED = [
  "project",
  "stack",
  "steps",
  "access",
  "host",
  "port",
  "databaseName",
  "user",
  "password",
];

/** Every input that is missing or not of its type. Unknown values (in a preview) pass. */
export function checkDirectiveInputs(inputs: Properties): CheckFailure[] {
  const missing = REQUIRED.filter((name) => inputs[name] === undefined || inputs[name] === "").map(
    (property) => ({
      property,
      reason: "is missing",
    }),
  );
  const port = inputs["port"];
  const isPort =
    port === UNKNOWN ||
    port === undefined ||
    (Number.isInteger(port) && Number(port) > 0 && Number(port) < 65536);
  return isPort
    ? missing
    : [...missing, { property: "port", reason: "is not a port number from 1 to 65535" }];
}

/** Whether everything that a connection needs is known; in the first preview of an embedded server it is not. */
export function isTargetKnown(inputs: Properties): boolean {
  return ["host", "port", "databaseName", "user", "password"].every(
    (name) => inputs[name] !== UNKNOWN,
  );
}
