/** The kinds of resources, in the words of a user who waits. */
const KINDS: readonly (readonly [prefix: string, words: string])[] = [
  ["directive:index:EmbeddedPostgres", "the server"],
  ["docker:", "the container"],
  ["directive:index:ContainerServer", "the server in it"],
  ["directive:index:DatabaseClone", "the database"],
  ["directive:index:ApprovalGate", "the gate"],
  ["postgresql:index:Role", "the roles"],
  ["directive:index:MigrationRunner", "the directive"],
  ["postgresql:index:Grant", "the grants"],
  ["directive:index:CatalogCheck", "the check of the whole"],
];

/**
 * The kind of a resource of this type; empty for what nobody waits for.
 *
 * @param type as events have it, `postgresql:index/role:Role`, or as Pulumi prints it, `postgresql:index:Role`
 */
export function resourceKind(type: string): string {
  const printed = type.replace(/\/\w+:/, ":");
  return KINDS.find(([prefix]) => printed.startsWith(prefix))?.[1] ?? "";
}
