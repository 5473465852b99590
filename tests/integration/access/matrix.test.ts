import { escapeIdentifier, type Client } from "pg";
import { definedObjects } from "../../../runner/catalog/definedObjects";
import { verifyDatabase } from "../../../runner/drift/verify";
import { formatName } from "../../../runner/postgres/names";
import { asRunner } from "../../support/asRunner";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import {
  asRole,
  DATA_API,
  GROUPS,
  KINDS,
  makeRoles,
  MATRIX,
  open,
  outcome,
  PASSWORD,
  type Kind,
  type Opened,
} from "./setting";

/** One cell: a privilege on an object, or on one of its columns, and a statement that needs exactly it. */
interface Cell {
  /** `UPDATE public.v7_global_impacts.approval_status` */
  readonly name: string;
  readonly sql: string;
  /** The SQLSTATE of the refusal: 42501, or 55000 for a view that nobody can write to. */
  readonly refusal: string;
  /** The SQLSTATE when the role has the privilege; empty if the statement works. */
  readonly works: string;
}

const INSUFFICIENT_PRIVILEGE = "42501";

describe.each(MAJORS)("the access matrix on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  /** Whoever makes a role administers it: the superuser has a server of its own. */
  const superusers = serverOfFile({ major });
  beforeAll(async () => {
    await makeRoles(server());
    await makeRoles(superusers(), "superuser");
  });

  describe.each(KINDS)("with the default privileges and the login of: %s", (kind: Kind) => {
    let opened: Opened;
    let cells: readonly Cell[];
    beforeAll(async () => {
      opened = await open((kind === "superuser" ? superusers : server)(), kind);
      cells = await cellsOf(opened);
    });

    it("has more than 300 cells, among them single columns", () => {
      expect(cells.length).toBeGreaterThan(300);
      expect(cells.map(({ name }) => name)).toContain(
        "UPDATE public.v7_global_impacts.approval_status",
      );
    });

    it.each(GROUPS)(
      "lets %s do what the matrix says and nothing else, by SET ROLE",
      async (role) => {
        const tried = await asRole(opened.admin, role, () => tryAll(opened.admin, cells));
        expect(tried).toStrictEqual(expectedOf(role, cells));
      },
    );

    it.each(GROUPS)("lets a login of %s do the same, by its verifier", async (role) => {
      const client = await opened.database.connect(`test_${role}`, PASSWORD);
      expect(await tryAll(client, cells)).toStrictEqual(expectedOf(role, cells));
    });

    it("lets a login without any role do nothing", async () => {
      const client = await opened.database.connect("test_stranger", PASSWORD);
      const ours = cells.filter(({ name }) => !name.includes("file_audit"));
      expect((await tryAll(client, ours)).allowed).toStrictEqual(["USAGE public"]);
    });

    it("causes no difference in the catalog check", async () => {
      const { differences } = await asRunner(opened.owner, (client) =>
        verifyDatabase(client, opened.request),
      );
      expect(differences).toStrictEqual([]);
    });

    it("lets v7_ci read all that drift detection compares", async () => {
      const client = await opened.database.connect("test_v7_ci", PASSWORD);
      const { differences } = await asRunner(client, (client) =>
        verifyDatabase(client, opened.request),
      );
      expect(differences).toStrictEqual([]);
    });
  });

  it.each(["historic", "none"] as const)(
    "gives the Data API's roles no access, by statements and by has_*_privilege: %s",
    async (kind) => {
      const opened = await open(server(), kind);
      const ours = (await cellsOf(opened)).filter(({ name }) => !name.includes("file_audit"));
      for (const role of DATA_API) {
        const { allowed } = await asRole(opened.admin, role, () => tryAll(opened.admin, ours));
        // Supabase's own grant, on a schema that is not ours.
        expect([role, allowed]).toStrictEqual([role, ["USAGE public"]]);
        expect([role, await privilegesOf(opened, role)]).toStrictEqual([role, []]);
      }
    },
  );
});

/** Every privilege on every column of the matrix's objects, on each object and on their schemas. */
async function cellsOf({ admin }: Opened): Promise<Cell[]> {
  const objects = [
    ...new Set(
      MATRIX.grants.flatMap(({ schema, object }) => (object ? [`${schema}.${object}`] : [])),
    ),
  ];
  const { rows } = await admin.query<{
    object: string;
    column: string;
    type: string;
    kind: string;
  }>(
    `SELECT n.nspname || '.' || c.relname AS object, a.attname AS column, c.relkind AS kind,
            format_type(a.atttypid, a.atttypmod) AS type
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname || '.' || c.relname = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`,
    [objects],
  );
  const columnCells = rows.flatMap(({ object, column, type, kind }) => {
    const name = escapeIdentifier(column);
    const written = kind === "v" ? "55000" : INSUFFICIENT_PRIVILEGE;
    return [
      cell(`SELECT ${object}.${column}`, `SELECT ${name} FROM ${object} LIMIT 0`),
      cell(
        `INSERT ${object}.${column}`,
        `INSERT INTO ${object} (${name}) SELECT NULL::${type} WHERE false`,
        written,
      ),
      cell(
        `UPDATE ${object}.${column}`,
        `UPDATE ${object} SET ${name} = DEFAULT WHERE false`,
        written,
      ),
    ];
  });
  const tables = new Map(rows.map(({ object, kind }) => [object, kind]));
  const wholeCells = [...tables].flatMap(([object, kind]) => {
    const isView = kind === "v";
    const when = isView ? "INSTEAD OF" : "BEFORE";
    return [
      cell(`DELETE ${object}`, `DELETE FROM ${object} WHERE false`, isView ? "55000" : undefined),
      ...(isView ? [] : [cell(`TRUNCATE ${object}`, `TRUNCATE ${object}`)]),
      cell(
        `TRIGGER ${object}`,
        `CREATE TRIGGER try ${when} INSERT ON ${object} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
      ),
      cell(`ownership ${object}`, `ALTER TABLE ${object} RENAME TO mine`),
    ];
  });
  const schemaCells = ["public", "v7_control"].flatMap((schema) => [
    cell(
      `USAGE ${schema}`,
      `SELECT '${schema}.nothing'::regclass`,
      INSUFFICIENT_PRIVILEGE,
      "42P01",
    ),
    cell(`CREATE ${schema}`, `CREATE TABLE ${schema}.mine ()`),
  ]);
  return [...columnCells, ...wholeCells, ...schemaCells];
}

function cell(name: string, sql: string, refusal = INSUFFICIENT_PRIVILEGE, works = ""): Cell {
  return { name, sql, refusal, works };
}

interface Tried {
  readonly allowed: readonly string[];
  /** What did not work and was not refused with the expected SQLSTATE. */
  readonly odd: readonly string[];
}

/** Each in a transaction of its own; none of them changes a row. */
async function tryAll(client: Client, cells: readonly Cell[]): Promise<Tried> {
  const allowed: string[] = [];
  const odd: string[] = [];
  for (const { name, sql, refusal, works } of cells) {
    const state = await outcome(client, sql);
    if (state === works) {
      allowed.push(name);
    } else if (state !== refusal) {
      odd.push(`${name}: ${state}`);
    }
  }
  return { allowed, odd };
}

/** What the matrix, and nothing but the matrix, gives that role. */
function expectedOf(role: string, cells: readonly Cell[]): Tried {
  const granted = new Set(
    MATRIX.grants
      .filter((grant) => grant.role === role)
      .flatMap(({ schema, object, columns, privileges }) => {
        const on = object === undefined ? schema : `${schema}.${object}`;
        return privileges.flatMap((privilege) =>
          columns === undefined
            ? [`${privilege} ${on}`]
            : columns.map((column) => `${privilege} ${on}.${column}`),
        );
      }),
  );
  const isAllowed = (name: string): boolean =>
    granted.has(name) ||
    granted.has(name.replace(/^((?:SELECT|INSERT|UPDATE) \w+\.\w+)\.\w+$/, "$1"));
  return { allowed: cells.map(({ name }) => name).filter(isAllowed), odd: [] };
}

/** The privileges of this role on V7's objects, by has_*_privilege. */
async function privilegesOf({ admin, request }: Opened, role: string): Promise<unknown[]> {
  const { schemas, granted } = definedObjects(request.steps);
  const names = (type: string): string[] =>
    granted.filter(({ objectType }) => objectType === type).map(formatName);
  const { rows } = await admin.query<{ object: string; privilege: string }>(
    `SELECT object::text, privilege FROM unnest($2::text[]) object,
            unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
      WHERE has_table_privilege($1, object, privilege)
     UNION ALL
     SELECT object || '.' || a.attname, privilege FROM unnest($2::text[]) object
       JOIN pg_attribute a ON a.attrelid = object::regclass AND a.attnum > 0 AND NOT a.attisdropped,
            unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) privilege
      WHERE has_column_privilege($1, object, a.attnum, privilege)
     UNION ALL
     SELECT schema, privilege FROM unnest($3::text[]) schema, unnest(ARRAY['USAGE', 'CREATE']) privilege
      WHERE has_schema_privilege($1, schema, privilege)
     UNION ALL
     SELECT f.oid::regprocedure::text, 'EXECUTE' FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
      WHERE n.nspname || '.' || f.proname = ANY ($4) AND has_function_privilege($1, f.oid, 'EXECUTE')`,
    [role, names("table"), schemas, names("function")],
  );
  return rows;
}
