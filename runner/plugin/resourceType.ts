/**
 * What a Pulumi provider plugin of ours is made of. `server.ts` serves one of these over gRPC; it is raw gRPC and not
 * `pulumi.provider.main`, because that has no Configure, no preview flag, no detailed diff, and prints a stack trace
 * for each refused check, read and delete (@pulumi/pulumi 3.259.0, provider/server.js).
 */

import { UNKNOWN, type InputFailure, type InputShape } from "../requests/inputShape";

export { UNKNOWN };

/** Property values as plain JSON. Secrets arrive unwrapped; unknown values (previews only) are {@link UNKNOWN}. */
export type Properties = Record<string, unknown>;

/** Where a resource says what it is doing; shown by the engine at the resource's row. Never give it a secret. */
export interface Progress {
  /** A line that stays in the output. */
  readonly info: (message: string) => void;
  readonly warn: (message: string) => void;
  /** Replaces the resource's status line while the operation runs; gone afterwards. */
  readonly status: (message: string) => void;
}

export interface Context extends Progress {
  readonly urn: string;
  /** True in `pulumi preview`: nothing may be written anywhere. */
  readonly preview: boolean;
  /** Aborted when the user interrupts the engine. */
  readonly signal: AbortSignal;
}

export type CheckFailure = InputFailure;

export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** How one property differs. A kind that ends in `-replace` replaces the resource. */
export type DiffKind =
  "add" | "delete" | "update" | "add-replace" | "delete-replace" | "update-replace";

export interface DiffResult {
  /** By property path. Empty: no change. */
  readonly changes: Readonly<Record<string, DiffKind>>;
  readonly deleteBeforeReplace?: boolean;
}

interface State {
  readonly id: string;
  readonly outputs: Properties;
}

/** One resource type. Every method may throw a Fault, whose message is all that the user then sees. */
export interface ResourceType {
  /** What its inputs must be: refused by name before any method sees others. */
  readonly inputs?: InputShape;
  /** Names of outputs that are secrets. Inputs that came as secrets stay secret in the outputs of the same name. */
  readonly secretOutputs?: readonly string[];
  check?(
    inputs: Properties,
    oldInputs: Properties | undefined,
    context: Context,
  ): Promise<CheckResult>;
  /** Default: every input that differs is an update in place. */
  diff?(
    id: string,
    oldInputs: Properties,
    oldOutputs: Properties,
    newInputs: Properties,
    context: Context,
  ): Promise<DiffResult>;
  /** In a preview: returns the outputs that can be known, and touches nothing. */
  create(inputs: Properties, context: Context): Promise<State>;
  /** On refresh and import. Returns undefined where the resource is no longer there. Default: it is as the state has it. */
  read?(
    id: string,
    inputs: Properties,
    outputs: Properties,
    context: Context,
  ): Promise<{ id: string; inputs: Properties; outputs: Properties } | undefined>;
  /** In a preview: returns the outputs that can be known, and touches nothing. Default: they stay. */
  update?(
    id: string,
    oldInputs: Properties,
    oldOutputs: Properties,
    newInputs: Properties,
    context: Context,
  ): Promise<Properties>;
  /** Default: it is in the state alone. */
  delete?(id: string, inputs: Properties, outputs: Properties, context: Context): Promise<void>;
}

export interface Plugin {
  /** The package's name, the first part of its tokens: `directive`. */
  readonly name: string;
  readonly version: string;
  /** A Pulumi package schema as JSON text; `{}` where there is none. */
  readonly schema?: string;
  /** The provider's own configuration, secrets unwrapped. Called before any resource. */
  configure?(settings: Properties, progress: Progress): Promise<void>;
  /** Checks the provider's configuration before it is used. */
  checkConfig?(settings: Properties): Promise<CheckResult>;
  /** By type token: `directive:index:MigrationRunner`. */
  readonly resources: Readonly<Record<string, ResourceType>>;
  /** Called once, before the process ends: connections are closed here. */
  close?(): Promise<void>;
}
