import type { Kind } from "./kind";
import { IS_NO_MEMBER } from "./sql";

/**
 * A kind for the server's own objects and those of extensions: of them only the privileges are read, where they differ from
 * the initial ones.
 */
function ofOthers(
  word: string,
  catalog: string,
  prefix: string,
  letter: string,
  name: string,
  namespace: string | undefined,
): Kind {
  const isServers =
    namespace === undefined
      ? "x.oid < 16384"
      : `NOT EXISTS (SELECT FROM namespaces n WHERE n.oid = x.${namespace})`;
  return {
    kind: `${word} of others`,
    read: {
      catalog,
      from: `${catalog} x LEFT JOIN pg_init_privs i ON i.classoid = '${catalog}'::regclass AND i.objoid = x.oid AND i.objsubid = 0`,
      where: `x.${prefix}acl IS DISTINCT FROM i.initprivs AND x.${prefix}acl IS NOT NULL AND ${notStandard(namespace)} AND (${isServers} OR NOT ${IS_NO_MEMBER(`'${catalog}'::regclass`, "x.oid")})`,
      oid: "x.oid",
      name,
      acl: { column: `x.${prefix}acl`, letter: `'${letter}'`, owner: `x.${prefix}owner` },
      comments: "none",
      isOfOthers: true,
      properties: {},
    },
    covers: ["pg_init_privs"],
    severity: "critical",
  };
}

/** Without the information schema: initdb grants on it after it has recorded the initial privileges. */
function notStandard(namespace: string | undefined): string {
  return namespace === undefined ? "true" : `x.${namespace} <> 'information_schema'::regnamespace`;
}

export const OF_OTHERS: readonly Kind[] = [
  ofOthers("schema", "pg_namespace", "nsp", "n", "x.nspname", "oid"),
  ofOthers("type", "pg_type", "typ", "T", "x.oid::regtype::text", "typnamespace"),
  ofOthers("function", "pg_proc", "pro", "f", "x.oid::regprocedure::text", "pronamespace"),
  ofOthers("relation", "pg_class", "rel", "r", "x.oid::regclass::text", "relnamespace"),
  ofOthers("language", "pg_language", "lan", "l", "x.lanname", undefined),
];
