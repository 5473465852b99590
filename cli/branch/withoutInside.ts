/** A stack's deployment as Pulumi exports it; of its resources what is looked at here. */
export interface Deployment {
  readonly resources?: readonly { readonly type: string }[];
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
