import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { checkoutFolder } from "../runner/base/checkoutFolder";

/** The checkout's own folder: what DESIGN.md calls the project. */
export const CHECKOUT = checkoutFolder();

/** The Pulumi project's name, as Pulumi.yaml says it. */
export const PROJECT = "v7";

/** The places of everything that is made. Nothing is ever written anywhere else. */
export interface Places {
  /** `.v7`, in the checkout, ignored by git: what belongs to this clone alone. */
  readonly own: string;
  /** PULUMI_HOME: plugins, credentials and workspaces of this project; never ~/.pulumi. */
  readonly pulumiHome: string;
  /** The file backend: the stacks' state. */
  readonly state: string;
  /** What users `source` to type `pulumi` and `v7` themselves. */
  readonly environmentFile: string;
  /** The command `v7`, in a folder for PATH: npx takes a second to find it. */
  readonly v7: string;
  /** TMPDIR of all that this project starts; emptied by `npm stop`. */
  readonly temporary: string;
  /** What was prepared, so that the next run need not look again. */
  readonly record: string;
  /** Engines, shared by all clones of this user. */
  readonly cache: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** All places, for that environment. */
export function places(
  environment: Environment = process.env,
  platform: string = process.platform,
): Places {
  const own = join(CHECKOUT, ".v7");
  return {
    own,
    pulumiHome: join(own, "pulumi-home"),
    state: join(own, "state"),
    environmentFile: join(own, "env"),
    v7: join(own, "bin", "v7"),
    temporary: join(own, "tmp"),
    record: join(own, "engine.json"),
    cache: cacheFolder(environment, platform, join(own, "cache")),
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

/** Whether the folder is there, or can be made, and can be written. */
function isUsable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
