import { join, relative } from "node:path";
import { checkoutFolder } from "../../base/checkoutFolder";
import { fault } from "../../base/fault";

/** Pulumi's rule for a stack's name, without a leading dot or hyphen, since the name is also a folder's. */
const STACK_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

export const STACK_NAME_RULE =
  "at most 100 letters, digits, underscores, hyphens and dots, the first no hyphen or dot";

export function isStackName(value: unknown): value is string {
  return typeof value === "string" && STACK_NAME.test(value);
}

/** The paths of a stack's cluster, whether or not it exists. */
export interface Place {
  readonly checkout: string;
  readonly stack: string;
  /** The stack's folder in the checkout: marker, port and log, and the data unless the marker says otherwise. */
  readonly home: string;
  readonly dataAtHome: string;
  readonly markerFile: string;
  readonly portFile: string;
  readonly logFile: string;
  /** Beside the folder, so that it can be held while the folder is removed. No stack's name begins with a dot. */
  readonly lockFile: string;
}

/** The folder with the clusters of a checkout, one folder for each stack. */
export function stacksFolder(checkout: string): string {
  return join(checkout, ".v7", "stacks");
}

/** @throws EMBEDDED_FAILED for a name that no stack can have */
export function placeOf(stack: string, checkout: string = checkoutFolder()): Place {
  if (!isStackName(stack)) {
    throw fault("EMBEDDED_FAILED", {
      what: "looking for a stack's folder",
      found: `the name ${JSON.stringify(stack)}`,
      expected: STACK_NAME_RULE,
      remedy: "Name a stack",
    });
  }
  return placeIn(stacksFolder(checkout), stack, checkout);
}

/** The folder with the prepared data directories of a checkout. */
export function preparedFolder(checkout: string): string {
  return join(checkout, ".v7", "prepared");
}

/** The paths of a prepared data directory: a folder like a stack's, with its own marker and lock. */
export function preparedPlace(name: string, checkout: string): Place {
  return placeIn(preparedFolder(checkout), name, checkout);
}

function placeIn(folder: string, name: string, checkout: string): Place {
  const home = join(folder, name);
  return {
    checkout,
    stack: name,
    home,
    dataAtHome: join(home, "data"),
    markerFile: join(home, "cluster.json"),
    portFile: join(home, "port"),
    logFile: join(home, "server.log"),
    lockFile: join(folder, `.${name}.lock`),
  };
}

/** The folder's path relative to the checkout, for messages. */
export function displayPath(place: Place): string {
  return relative(place.checkout, place.home);
}
