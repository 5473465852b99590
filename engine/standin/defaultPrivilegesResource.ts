import type { Client } from "pg";
import type { CheckResult, Properties, ResourceType } from "../../runner/plugin/resourceType";
import { UNKNOWN } from "../../runner/plugin/resourceType";
import type { Connections } from "./connections";
import { isDatabaseThere } from "./databaseThere";
import { lockTouched } from "./locks";
import { asMemberOf, serverMajor } from "./memberships";
import { isSamePrivileges, privilegeProblem } from "./privileges";
import { checkShape, diffShape, readResult, withDefaults, type Shape } from "./shape";
import { grantee, isPublic, name } from "./sql";
import { inTransaction } from "./transaction";

const SHAPE = {
  role: { kind: "text", isRequired: true, replaces: true },
  database: { kind: "text", isRequired: true, replaces: true },
  owner: { kind: "text", isRequired: true, replaces: true },
  schema: { kind: "text", otherwise: "", replaces: true },
  objectType: { kind: "text", isRequired: true, replaces: true },
  privileges: { kind: "set", isRequired: true },
  withGrantOption: { kind: "flag", otherwise: false, replaces: true },
} as const satisfies Shape;

/** How pg_default_acl and acldefault() write each kind of object. */
const LETTERS = {
  table: { stored: "r", builtIn: "r" },
  sequence: { stored: "S", builtIn: "s" },
  function: { stored: "f", builtIn: "f" },
  routine: { stored: "f", builtIn: "f" },
  type: { stored: "T", builtIn: "T" },
  schema: { stored: "n", builtIn: "n" },
} as const;

interface DefaultPrivileges {
  readonly role: string;
  readonly database: string;
  readonly owner: string;
  readonly schema: string;
  readonly objectType: keyof typeof LETTERS;
  readonly privileges: readonly string[];
  readonly withGrantOption: boolean;
}

/** `postgresql.DefaultPrivileges`: what a role will be allowed on the objects that the owner makes from then on. */
export function defaultPrivilegesResource(connections: () => Connections): ResourceType {
  const onServer = async <T>(
    verb: string,
    defaults: DefaultPrivileges,
    work: (client: Client) => Promise<T>,
  ): Promise<T> =>
    inTransaction(connections(), defaults.database, `${verb} ${describe(defaults)}`, work);

  return {
    check: (inputs) => Promise.resolve(check(inputs)),
    diff: (_id, oldInputs, _oldOutputs, newInputs) =>
      Promise.resolve(diffShape(SHAPE, oldInputs, newInputs)),
    create: async (inputs, { preview }) => {
      const outputs = withDefaults(SHAPE, inputs);
      const defaults = defaultsOf(outputs);
      if (!preview) {
        await onServer("setting", defaults, (client) => apply(client, defaults));
      }
      return { id: idOf(defaults), outputs };
    },
    read: async (id, inputs, outputs) => {
      const defaults = defaultsOf(withDefaults(SHAPE, { ...outputs, ...inputs }));
      if (!(await isDatabaseThere(connections(), defaults.database))) {
        return undefined;
      }
      const found = await onServer("reading", defaults, (client) => read(client, defaults));
      return found === undefined ? undefined : readResult(SHAPE, id, inputs, found);
    },
    update: async (_id, _oldInputs, _oldOutputs, newInputs, { preview }) => {
      const outputs = withDefaults(SHAPE, newInputs);
      const defaults = defaultsOf(outputs);
      if (!preview) {
        await onServer("setting", defaults, (client) => apply(client, defaults));
      }
      return outputs;
    },
    delete: async (_id, inputs) => {
      const defaults = defaultsOf(withDefaults(SHAPE, inputs));
      if (await isDatabaseThere(connections(), defaults.database)) {
        await onServer("taking back", defaults, async (client) => {
          if (await isThere(client, defaults)) {
            await apply(client, { ...defaults, privileges: [] });
          }
        });
      }
    },
  };
}

function check(inputs: Properties): CheckResult {
  const { failures } = checkShape(SHAPE, inputs);
  if (failures.length > 0 || Object.values(inputs).includes(UNKNOWN)) {
    return { inputs, failures };
  }
  const { objectType, privileges, schema, withGrantOption, role } = defaultsOf(inputs);
  if (!(objectType in LETTERS)) {
    const reason = `found "${objectType}", expected ${Object.keys(LETTERS).join(", ")}`;
    return { inputs, failures: [{ property: "objectType", reason }] };
  }
  const problem = privilegeProblem(objectType, privileges);
  const rules: [isWrong: boolean, property: string, reason: string][] = [
    [problem !== undefined, "privileges", problem ?? ""],
    [objectType === "schema" && !!schema, "schema", "found one, expected none for schemas"],
    [withGrantOption && isPublic(role), "withGrantOption", "found true, expected false for public"],
  ];
  const wrong = rules.filter(([isWrong]) => isWrong);
  return { inputs, failures: wrong.map(([, property, reason]) => ({ property, reason })) };
}

async function apply(client: Client, defaults: DefaultPrivileges): Promise<void> {
  const { owner, role, schema, objectType, privileges, withGrantOption } = defaults;
  await lockTouched(client, { roles: [owner, role] });
  const inSchema = schema === "" ? "" : ` IN SCHEMA ${name(schema)}`;
  const alter = `ALTER DEFAULT PRIVILEGES FOR ROLE ${name(owner)}${inSchema}`;
  const objects = `${objectType.toUpperCase()}S`;
  await asMemberOf(client, [owner], async () => {
    await client.query(`${alter} REVOKE ALL ON ${objects} FROM ${grantee(role)}`);
    if (privileges.length > 0) {
      const option = withGrantOption ? " WITH GRANT OPTION" : "";
      const list = privileges.includes("ALL") ? "ALL" : privileges.join(", ");
      await client.query(`${alter} GRANT ${list} ON ${objects} TO ${grantee(role)}${option}`);
    }
  });
}

/** Undefined where none are there and some were wanted, as the official plugin has it. */
async function read(client: Client, defaults: DefaultPrivileges): Promise<Properties | undefined> {
  if (!(await isThere(client, defaults))) {
    return undefined;
  }
  const { role, owner, schema, objectType, privileges: wanted } = defaults;
  const { stored, builtIn } = LETTERS[objectType];
  // Without a schema, what is stored stands in place of the built-in defaults; with one, it comes on top of them.
  const { rows } = await client.query<{ privileges: string[] }>(
    `SELECT coalesce(array_agg(acl.privilege_type::text), '{}') AS privileges
       FROM pg_catalog.pg_roles o
       LEFT JOIN pg_catalog.pg_default_acl d
         ON d.defaclrole = o.oid AND d.defaclobjtype = $4
        AND d.defaclnamespace = coalesce((SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $3), 0)
      CROSS JOIN LATERAL aclexplode(
              coalesce(d.defaclacl, CASE $3 WHEN '' THEN acldefault($5::"char", o.oid) END)) AS acl
      WHERE o.rolname = $2
        AND acl.grantee = coalesce((SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1), 0)`,
    [isPublic(role) ? null : role, owner, schema, stored, builtIn],
  );
  const found = rows[0]?.privileges ?? [];
  if (found.length === 0 && wanted.length > 0) {
    return undefined;
  }
  const isSame = isSamePrivileges(objectType, wanted, found, await serverMajor(client));
  return { ...defaults, privileges: isSame ? wanted : found };
}

async function isThere(
  client: Client,
  { role, owner, schema }: DefaultPrivileges,
): Promise<boolean> {
  const { rows } = await client.query<{ is_there: boolean }>(
    `SELECT ($1::text IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1))
        AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $2)
        AND ($3 = '' OR EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $3)) AS is_there`,
    [isPublic(role) ? null : role, owner, schema],
  );
  return rows[0]?.is_there === true;
}

function defaultsOf(full: Properties): DefaultPrivileges {
  return full as unknown as DefaultPrivileges;
}

function describe({ role, owner, objectType }: DefaultPrivileges): string {
  return `the default privileges of "${role}" on the ${objectType}s of "${owner}"`;
}

function idOf({ role, database, schema, owner, objectType }: DefaultPrivileges): string {
  return [role, database, schema === "" ? "noschema" : schema, owner, objectType].join("_");
}
