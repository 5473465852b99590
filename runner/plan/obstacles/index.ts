import { escapeIdentifier, type ClientBase } from "pg";
import { alteredTables } from "../../directive/definitions";
import { unmetForeignKeys } from "../../directive/foreignKeys";
import type { AccessMatrix, DefinedObjects, Obstacle, QualifiedName, Step } from "../../model";
import { formatName } from "../../postgres/names";
import { accessObstacles } from "./access";
import { grantObstacles } from "./grants";
import { leftoverObstacles } from "./leftovers";
import { loginObstacles, type Members } from "./logins";
import { roleObstacles } from "./roles";
import { sessionObstacles } from "./sessions";
import { shadowObstacles } from "./shadows";

/** What the run needs besides the directives' own objects. */
export interface ObstacleRequest {
  readonly access: AccessMatrix;
  /** The schemas that the directives make, whether they stand already or not. */
  readonly ownSchemas: readonly string[];
  /** The logins that the run would give group roles to. */
  readonly members: Members;
  /** Who owns, or would own, the directives' objects. */
  readonly owner: string;
}

/**
 * Everything that would make the directive fail on this database, at once. Reads only.
 *
 * @param pending the steps that would run
 * @param objects what those steps define
 * @returns an empty list where nothing stands in the way
 */
export async function findObstacles(
  client: ClientBase,
  pending: readonly Step[],
  objects: DefinedObjects,
  { access, ownSchemas, members, owner }: ObstacleRequest,
): Promise<readonly Obstacle[]> {
  return [
    ...foreignKeyObstacles(pending),
    ...(await serverObstacles(client)),
    ...(await sessionObstacles(client, objects)),
    ...(await roleObstacles(client, access)),
    ...(await loginObstacles(client, access, members, owner)),
    ...(await grantObstacles(client, access, ownSchemas)),
    ...(await schemaObstacles(client, objects)),
    ...(await hostTableObstacles(client, pending, objects)),
    ...(await leftoverObstacles(client, pending, objects)),
    ...(await accessObstacles(client, objects)),
    ...(await shadowObstacles(
      client,
      pending.flatMap(({ statements }) => statements),
      objects,
    )),
  ];
}

/** What the directive lacks by itself, and an amendment adds: without that amendment nothing is begun. */
function foreignKeyObstacles(pending: readonly Step[]): Obstacle[] {
  return unmetForeignKeys(pending).map(({ stepId, target }) => ({
    found: `${stepId}, whose foreign key refers to ${target}, which no step before it makes unique (SQLSTATE 42830)`,
    remedy: "Put the amendment that does back into manifest.yaml, before that step",
  }));
}

async function serverObstacles(client: ClientBase): Promise<Obstacle[]> {
  const { rows } = await client.query<{ recovery: boolean; encoding: string; readonly: string }>(
    `SELECT pg_is_in_recovery() AS recovery, pg_encoding_to_char(encoding) AS encoding,
            current_setting('transaction_read_only') AS readonly
       FROM pg_database WHERE datname = current_database()`,
  );
  const { recovery = false, encoding = "UTF8", readonly = "off" } = rows[0] ?? {};
  return [
    ...(recovery
      ? [
          {
            found: "a server in recovery, which takes no changes",
            remedy: "Connect to the primary",
          },
        ]
      : readonly === "on"
        ? [{ found: "a read-only session", remedy: "Connect to a server that takes changes" }]
        : []),
    ...(encoding === "UTF8"
      ? []
      : [
          {
            found: `the database's encoding ${encoding}, not UTF8`,
            remedy: "Use a database with encoding UTF8",
          },
        ]),
  ];
}

async function schemaObstacles(client: ClientBase, objects: DefinedObjects): Promise<Obstacle[]> {
  const schemas = [
    ...new Set([...objects.tables, ...objects.views].map(({ schema }) => schema)),
  ].filter((schema) => !objects.schemas.includes(schema));
  const { rows } = await client.query<{
    schema: string;
    there: boolean;
    creatable: boolean | null;
    login: string;
  }>(
    `SELECT wanted.schema, n.oid IS NOT NULL AS there, has_schema_privilege(n.oid, 'CREATE') AS creatable,
            current_user AS login
       FROM unnest($1::text[]) AS wanted(schema) LEFT JOIN pg_namespace n ON n.nspname = wanted.schema`,
    [schemas],
  );
  const obstacles = rows.flatMap(({ schema, there, creatable, login }): Obstacle[] => {
    if (!there) {
      return [
        { found: `no schema "${schema}"`, remedy: `CREATE SCHEMA ${escapeIdentifier(schema)}` },
      ];
    }
    return creatable === true
      ? []
      : [
          {
            found: `login "${login}", which may not create in schema "${schema}"`,
            remedy: `GRANT CREATE ON SCHEMA ${escapeIdentifier(schema)} TO ${escapeIdentifier(login)}`,
          },
        ];
  });
  if (objects.schemas.length > 0) {
    const { rows: database } = await client.query<{
      creatable: boolean;
      name: string;
      login: string;
    }>(
      `SELECT has_database_privilege(current_database(), 'CREATE') AS creatable, current_database() AS name,
              current_user AS login`,
    );
    const { creatable = true, name = "", login = "" } = database[0] ?? {};
    if (!creatable) {
      obstacles.push({
        found: `login "${login}", which may not create a schema in database "${name}"`,
        remedy: `GRANT CREATE ON DATABASE ${escapeIdentifier(name)} TO ${escapeIdentifier(login)}`,
      });
    }
  }
  return obstacles;
}

/** Tables that the directive alters without creating them: file_audit. */
async function hostTableObstacles(
  client: ClientBase,
  pending: readonly Step[],
  objects: DefinedObjects,
): Promise<Obstacle[]> {
  const altered = alteredTables(objects);
  const obstacles: Obstacle[] = [];
  for (const table of altered) {
    obstacles.push(...(await oneHostObstacles(client, table)));
  }
  const needsId = pending.some((step) => step.id === "section_8");
  if (needsId && obstacles.length === 0) {
    for (const table of altered) {
      const { rowCount } = await client.query(
        `SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = 'id' AND NOT a.attisdropped`,
        [table.schema, table.name],
      );
      if (rowCount === 0) {
        obstacles.push({
          found: `table "${formatName(table)}" without the column "id", which the dashboard counts`,
          remedy:
            "Give it one, or tell The Architect that the directive does not fit this database",
        });
      }
    }
  }
  return obstacles;
}

async function oneHostObstacles(client: ClientBase, host: QualifiedName): Promise<Obstacle[]> {
  const { rows } = await client.query<{
    kind: string;
    owner: string;
    alterable: boolean;
    hasOptions: boolean;
    login: string;
  }>(
    `SELECT c.relkind AS kind, current_setting('server_version_num')::int >= 160000 AS "hasOptions", pg_get_userbyid(c.relowner) AS owner, pg_has_role(c.relowner, 'USAGE') AS alterable,
            current_user AS login
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
    [host.schema, host.name],
  );
  const table = rows[0];
  const name = formatName(host);
  if (table === undefined) {
    return [
      {
        found: `no table "${name}", which the directive alters and does not create`,
        remedy: "Create it first, or connect to the database that has it",
      },
    ];
  }
  if (!["r", "p"].includes(table.kind)) {
    return [
      {
        found: `"${name}", which is not a table`,
        remedy: "Make it a table: the directive adds columns to it",
      },
    ];
  }
  return table.alterable
    ? []
    : [
        {
          found: `table "${name}" owned by "${table.owner}", which login "${table.login}" may not alter`,
          // From PostgreSQL 16 on a membership gives its power only with the INHERIT option.
          remedy: `GRANT ${escapeIdentifier(table.owner)} TO ${escapeIdentifier(table.login)}${table.hasOptions ? " WITH INHERIT TRUE" : ""}, or connect as the owner`,
        },
      ];
}
