import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { checkoutFolder } from "../runner/base/checkoutFolder";

export const CHECKOUT = checkoutFolder();

/** The Pulumi project's name, as Pulumi.yaml says it. */
export const PROJECT = "v7";

/** The places of all files that are made. */
export interface Places {
  /** `.v7`, in the checkout, ignored by git: what belongs to this clone alone. */
  readonly own: string;
  /** PULUMI_HOME: plugins, credentials and workspaces of this project; never ~/.pulumi. */
  readonly pulumiHome: string;
  /** The file backend: the stacks' state. */
  readonly state: string;
  /** The script that users source to have `pulumi` and `v7` on PATH. */
  readonly environmentFile: string;
  /** The command `v7`, for PATH: npx takes a second to find it. */
  readonly v7: string;
  /** TMPDIR of all processes that are started; removed by `npm stop`. */
  readonly temporary: string;
  /** The record of what was prepared, which makes the next run faster. */
  readonly record: string;
  /** Engines, shared by all clones of this user. */
  readonly cache: string;
}

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function places(environment: Environment = process.env): Places {
  const own = join(CHECKOUT, ".v7");
  return {
    own,
    pulumiHome: join(own, "pulumi-home"),
    state: join(own, "state"),
    environmentFile: join(own, "env"),
    v7: join(own, "bin", "v7"),
    temporary: join(own, "tmp"),
    record: join(own, "engine.json"),
    cache: cacheFolder(environment, process.platform, join(own, "cache")),
  };
}

/**
 * The folder for engines: $V7_CACHE, else v7 in the user's cache folder, else the fallback.
 *
 * The fallback is for a HOME that is not set, is not a path, or cannot be written.
 */
export function cacheFolder(environment: Environment, platform: string, fallback: string): string {
  const { V7_CACHE: chosen, XDG_CACHE_HOME: xdg, HOME: home } = environment;
  if (chosen !== undefined && chosen !== "") {
    return resolve(CHECKOUT, chosen);
  }
  if (xdg !== undefined && isAbsolute(xdg)) {
    return isUsable(join(xdg, "v7")) ? join(xdg, "v7") : fallback;
  }
  // Never create HOME: service accounts often point it at a path that must not exist.
  if (home === undefined || !isAbsolute(home) || !existsSync(home)) {
    return fallback;
  }
  const folder =
    platform === "darwin" ? join(home, "Library", "Caches", "v7") : join(home, ".cache", "v7");
  return isUsable(folder) ? folder : fallback;
}

/** Whether the folder is writable; makes it if necessary. */
function isUsable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
