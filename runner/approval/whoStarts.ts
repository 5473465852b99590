import { isSignerName } from "../base/untrustedText";

/**
 * The signer's name of the one who starts this run, as the environment variable V7_STARTED_BY says it; undefined where
 * nobody says it, or where it is no name.
 *
 * Not a setting: a stack's file says nothing of a run, and `pulumi destroy` would find the name of the run before. A
 * workflow sets the variable from what its platform knows (`github.actor`), where whoever starts the run cannot change
 * the workflow; on a machine of one's own anybody can say to be anybody.
 */
export function whoStarts(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const name = environment["V7_STARTED_BY"];
  return isSignerName(name) ? name : undefined;
}
