/** A resource in a stack's state, as far as it is looked at here. */
export interface StateResource {
  readonly type: string;
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

/** The kinds that these types of resources tell of; several where a change of the settings was interrupted. */
export function kindsOf(types: readonly string[]): ReadonlySet<DatabaseKind> {
  return new Set(types.map((type) => KINDS[type]).filter((kind) => kind !== undefined));
}

/** What exists outside the container's server, or nowhere but in the state. */
const OUTSIDE =
  /^(pulumi:pulumi:Stack|pulumi:providers:(docker|directive)|docker:.*|v7:components:.*|directive:index:(GeneratedPassword|LocalPort))$/;

/**
 * The deployment of a stack whose server is a container, without what lives inside that server: roles, grants, the
 * migration. They go with its volume, and can then go where the server does not run.
 */
export function withoutInside<T extends Deployment>(deployment: T): T {
  const { resources = [] } = deployment;
  return { ...deployment, resources: resources.filter(({ type }) => OUTSIDE.test(type)) };
}
