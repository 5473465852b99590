import { UNKNOWN, type Properties } from "../resourceType";
export { DIRECTIVE_INPUTS, readRequest, readRules } from "../../requests/directiveRequest";

/** Whether everything that a connection needs is known; in the first preview of an embedded server it is not. */
export function isTargetKnown(inputs: Properties): boolean {
  return ["host", "port", "databaseName", "user", "password"].every(
    (name) => inputs[name] !== UNKNOWN,
  );
}
