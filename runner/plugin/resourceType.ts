/**
 * The parts of a Pulumi provider plugin. `server.ts` serves a plugin over gRPC. It does not use `pulumi.provider.main`,
 * which has no Configure, no preview flag and no detailed diff, and prints a stack trace for each refused check, read and
 * delete (@pulumi/pulumi 3.259.0, provider/server.js).
 */

import type { InputFailure, InputShape } from "../requests/inputShape";

/** Property values as plain JSON. Secrets arrive unwrapped; unknown values (previews only) are `UNKNOWN`. */
export type Properties = Record<string, unknown>;

/** Shows messages of a resource; the engine prints them at the resource's row. Never pass a secret. */
export interface Progress {
  /** Prints a line that stays in the output. */
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
  /** Replaces the resource's status line, which disappears when the operation ends. */
  readonly status: (message: string) => void;
}

export interface Context extends Progress {
  readonly urn: string;
  /** True in `pulumi preview`: nothing may be written anywhere. */
  readonly preview: boolean;
  /** Aborted when the user interrupts the engine. */
  readonly signal: AbortSignal;
}

export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly InputFailure[];
}

/** How a property differs. A kind that ends in `-replace` replaces the resource. */
export type DiffKind =
  "add" | "delete" | "update" | "add-replace" | "delete-replace" | "update-replace";

export interface DiffResult {
  /** By property path; empty where nothing differs. */
  readonly changes: Readonly<Record<string, DiffKind>>;
  readonly deleteBeforeReplace?: boolean;
}

interface State {
  readonly id: string;
  readonly outputs: Properties;
}

/** One resource type. Every method may throw a Fault; the user then sees its message only. */
export interface ResourceType {
  /** The rules of its inputs, checked before any method is called. */
  readonly inputs?: InputShape;
  /** Names of outputs that are secrets. Outputs with the name of a secret input are secrets anyway. */
  readonly secretOutputs?: readonly string[];
  check?(
    inputs: Properties,
    oldInputs: Properties | undefined,
    context: Context,
  ): Promise<CheckResult>;
  /** Default: each input that differs is updated in place. */
  diff?(
    id: string,
    oldInputs: Properties,
    oldOutputs: Properties,
    newInputs: Properties,
    context: Context,
  ): Promise<DiffResult>;
  /** In a preview it returns the outputs that can be known, and changes nothing. */
  create(inputs: Properties, context: Context): Promise<State>;
  /** For refresh and import. Returns undefined where the resource no longer exists. Default: the state's properties. */
  read?(
    id: string,
    inputs: Properties,
    outputs: Properties,
    context: Context,
  ): Promise<{ id: string; inputs: Properties; outputs: Properties } | undefined>;
  /** In a preview it returns the outputs that can be known, and changes nothing. Default: the old outputs. */
  update?(
    id: string,
    oldInputs: Properties,
    oldOutputs: Properties,
    newInputs: Properties,
    context: Context,
  ): Promise<Properties>;
  /** Default: nothing, for a resource that exists only in the state. */
  delete?(id: string, inputs: Properties, outputs: Properties, context: Context): Promise<void>;
}

export interface Plugin {
  /** The package's name, with which its type tokens begin: `directive`. */
  readonly name: string;
  readonly version: string;
  /** Takes the provider's configuration, secrets unwrapped. Called before any resource's method. */
  configure?(settings: Properties, progress: Progress): Promise<void>;
  /** By type token: `directive:index:MigrationRunner`. */
  readonly resources: Readonly<Record<string, ResourceType>>;
  /** Called once before the process ends, to close connections. */
  close?(): Promise<void>;
}
