import { join, relative } from "node:path";
import { checkoutFolder } from "../../base/checkoutFolder";
import { fault } from "../../base/fault";

/** Pulumi's own rule for a stack's name, less a leading dot or hyphen: it names a folder here. */
const STACK_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

export const STACK_NAME_RULE =
  "at most 100 letters, digits, underscores, hyphens and dots, the first no hyphen or dot";

export function isStackName(value: unknown): value is string {
  return typeof value === "string" && STACK_NAME.test(value);
}

/** Where a stack's cluster is kept, whether or not there is one. */
export interface Place {
  readonly checkout: string;
  readonly stack: string;
  /** The stack's folder in the checkout: marker, port and log, and the data unless the marker says otherwise. */
  readonly home: string;
  readonly dataAtHome: string;
  readonly markerFile: string;
  readonly portFile: string;
  readonly logFile: string;
  /** Beside the folder, so that it can be held while the folder goes. No stack's name begins with a dot. */
  readonly lockFile: string;
}

/** The folder that holds the clusters of a checkout, a folder a stack. */
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

/** The folder that holds the prepared data directories of a checkout. */
export function preparedFolder(checkout: string): string {
  return join(checkout, ".v7", "prepared");
}

/** Where a prepared data directory is kept: a folder like a stack's, with a marker and a lock of its own. */
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

/** The folder as a user of the checkout names it. */
export function displayPath(place: Place): string {
  return relative(place.checkout, place.home);
}
