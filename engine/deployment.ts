import type { ConnectionSettings, SslMode } from "../runner/model";

/** A resource in a stack's state, as far as it is looked at here. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** The parent's URN; absent for the stack itself, and for a provider that nobody named. */
  readonly parent?: string;
  /** Its provider's URN and id, `URN::ID`; absent for a component and for a provider. */
  readonly provider?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** A stack's deployment as Pulumi exports it. */
export interface Deployment {
  readonly resources?: readonly StateResource[];
}

/** Where a branch's database is: in a server of its own, in a container, or on a server that others have, too. */
export type DatabaseKind = "embedded" | "container" | "clone";

const KINDS: Readonly<Record<string, DatabaseKind>> = {
  "directive:index:EmbeddedPostgres": "embedded",
  "docker:index/container:Container": "container",
  "directive:index:DatabaseClone": "clone",
};

/** The kinds that these resources tell of; several where a change of the settings was interrupted. */
export function kindsOf(
  resources: readonly { readonly type: string }[],
): ReadonlySet<DatabaseKind> {
  return new Set(resources.map(({ type }) => KINDS[type]).filter((kind) => kind !== undefined));
}

/** What has a server's container, its volume and its passwords below it. */
const DATABASE = "v7:components:Database";

/**
 * The deployment of a stack whose server is a container, without what lives inside that server: roles, grants, the
 * migration. They go with its volume, and can then go where the server does not run. What stays is the stack, its
 * component Database with all that is below it, and their providers: nothing of that depends on anything else, and
 * `pulumi stack import` refuses a state whose dependencies are not in it.
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

/** How a resource connects, by its inputs in an export with secrets in plain text. */
export function connectionOf({ inputs = {} }: StateResource): ConnectionSettings {
  const text = (name: string): string => String(plain(inputs[name]));
  const { caCertificate } = inputs;
  return {
    host: text("host"),
    port: Number(text("port")),
    databaseName: text("databaseName"),
    user: text("user"),
    password: text("password"),
    sslMode: text("sslMode") as SslMode,
    ...(typeof caCertificate === "string" ? { caCertificate } : {}),
  };
}

/** A secret is in an export as an object with its JSON in plain text. */
function plain(value: unknown): unknown {
  const secret = value as { readonly plaintext?: string } | null | undefined;
  return typeof secret?.plaintext === "string" ? JSON.parse(secret.plaintext) : value;
}
