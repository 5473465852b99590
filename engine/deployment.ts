import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionSettings } from "../runner/model";
import { connectionOf } from "../runner/requests/directiveRequest";
import { places } from "./paths";
import type { AskPulumi } from "./prepare";

/** The fields of a resource in a stack's state that are read here. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** The parent's URN; absent for the stack itself and for default providers. */
  readonly parent?: string;
  /** Its provider's URN and id, `URN::ID`; absent for a component and for a provider. */
  readonly provider?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** A stack's deployment as Pulumi exports it. */
export interface Deployment {
  readonly resources?: readonly StateResource[];
}

export interface StackState {
  readonly deployment?: Deployment;
}

/** Exports a stack's state, with secrets in plain text. */
export async function exportState(pulumi: AskPulumi, stack: string): Promise<StackState> {
  const exported = await pulumi(["stack", "export", "--show-secrets", "--stack", stack]);
  return JSON.parse(exported) as StackState;
}

/** Replaces a stack's state by this one without the resources inside the stack's server: {@link withoutInside}. */
export async function forgetInside(
  pulumi: AskPulumi,
  stack: string,
  state: StackState,
): Promise<void> {
  const file = join(places().temporary, `${stack}.state.json`);
  const kept = { ...state, deployment: withoutInside(state.deployment ?? {}) };
  try {
    writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
    await pulumi(["stack", "import", "--file", file, "--stack", stack]);
  } finally {
    rmSync(file, { force: true });
  }
}

/** A database is in an embedded server, in a container, or a clone on a shared server. */
type DatabaseKind = "embedded" | "container" | "clone";

const KINDS: Readonly<Record<string, DatabaseKind>> = {
  "directive:index:EmbeddedPostgres": "embedded",
  "docker:index/container:Container": "container",
  "directive:index:DatabaseClone": "clone",
};

/** The kinds of database among the resources; several where a change of the settings was interrupted. */
export function kindsOf(
  resources: readonly { readonly type: string }[],
): ReadonlySet<DatabaseKind> {
  return new Set(resources.map(({ type }) => KINDS[type]).filter((kind) => kind !== undefined));
}

/** The component that is the parent of a server's container, volume and passwords. */
const DATABASE = "v7:components:Database";

/**
 * The deployment without the resources inside the stack's server: roles, grants, the migration. They are removed with the
 * server's data, also where the server does not run. What stays is the stack, its component Database with everything below
 * it, and their providers: these depend on nothing else, and `pulumi stack import` refuses a state with missing
 * dependencies.
 */
export function withoutInside<T extends Deployment>(deployment: T): T {
  const { resources = [] } = deployment;
  const outside = new Set<string>();
  const providers = new Set<string>();
  // A state has parents before their children.
  for (const { urn, type, parent = "", provider } of resources) {
    if (type === DATABASE || outside.has(parent)) {
      outside.add(urn);
      providers.add(provider?.slice(0, provider.lastIndexOf("::")) ?? "");
    }
  }
  const isKept = ({ urn, type }: StateResource): boolean =>
    type === "pulumi:pulumi:Stack" || outside.has(urn) || providers.has(urn);
  return { ...deployment, resources: resources.filter(isKept) };
}

/** The connection in a resource's inputs, from an export with secrets in plain text. */
export function connectionIn({ inputs = {} }: StateResource): ConnectionSettings {
  return connectionOf(
    Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, plain(value)])),
  );
}

/** The value of an input: an export has a secret as an object with its JSON in plain text. */
function plain(value: unknown): unknown {
  const secret = value as { readonly plaintext?: string } | null | undefined;
  return typeof secret?.plaintext === "string" ? JSON.parse(secret.plaintext) : value;
}
