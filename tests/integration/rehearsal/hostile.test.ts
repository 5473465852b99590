import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { planAndRehearse, privateFile, SECRET } from "./setting";

const file = privateFile();

afterAll(() => {
  file.remove();
});

/** By column: its type, and a default that a superuser should never run. */
const DEFAULTS: Readonly<Record<string, readonly [type: string, expression: string]>> = {
  reads: ["text", `pg_read_file('${file.path}')`],
  bytes: ["bytea", `pg_read_binary_file('${file.path}')`],
  imports: ["oid", `lo_import('${file.path}')`],
  large: ["oid", "lo_from_bytea(0, '\\x00')"],
  writes: ["integer", `lo_export(1, '${file.path}.written')`],
  queries: ["xml", `query_to_xml('SELECT pg_read_file(''${file.path}'')', true, true, '')`],
  becomes: ["text", "set_config('role', 'none', false)"],
  repeats: ["integer", "loops()"],
  sleeps: ["text", "pg_sleep(1000)::text"],
  huge: ["text", "repeat('x', 1000000000) || repeat('x', 1000000000)"],
  calls: ["text", "extensions.dblink_exec('host=127.0.0.1', 'SELECT 1')"],
};

/** What the owner of file_audit can plant, with no other power: each would have an effect if a superuser ran it. */
const HOSTILE = `
  CREATE FUNCTION evil(value text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
    COPY pg_temp.x FROM PROGRAM 'touch ${file.path}.touched'; RETURN true; END $$;
  CREATE FUNCTION evil_text(value text) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT value $$;
  CREATE FUNCTION loops() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN LOOP END LOOP; END $$;
  CREATE DOMAIN looping AS integer;
  CREATE DOMAIN reading AS text;
  CREATE DOMAIN checked AS text;
  ALTER TABLE file_audit
    ADD COLUMN padded character(10000000),
    ADD COLUMN domain_read reading,
    ADD COLUMN domain_loop looping,
    ADD COLUMN domain_checked checked,
    ADD COLUMN made text GENERATED ALWAYS AS (evil_text(file_name)) STORED,
    ADD COLUMN fine integer NOT NULL DEFAULT 1 CHECK (fine > 0);
  ${Object.entries(DEFAULTS)
    .map(
      ([name, [type, expression]]) =>
        `ALTER TABLE file_audit ADD COLUMN ${name} ${type};
         ALTER TABLE file_audit ALTER COLUMN ${name} SET DEFAULT ${expression};`,
    )
    .join("\n")}
  ALTER DOMAIN looping SET DEFAULT loops();
  ALTER DOMAIN reading SET DEFAULT pg_read_file('${file.path}');
  ALTER DOMAIN checked ADD CONSTRAINT "run" CHECK (evil(VALUE)) NOT VALID;
  ALTER TABLE file_audit
    ADD CONSTRAINT "check" CHECK (evil(file_name)) NOT VALID,
    ADD CONSTRAINT apart EXCLUDE USING btree (evil_text(file_name) WITH =);
  CREATE INDEX expression ON file_audit (evil_text(file_name));
  CREATE INDEX predicate ON file_audit (layer) WHERE evil(file_name);
  CREATE POLICY sees ON file_audit USING (evil(file_name));
  CREATE RULE again AS ON UPDATE TO file_audit DO ALSO SELECT pg_read_file('${file.path}');
  ANALYZE file_audit;
`;

const NOT_RUN = "an expression that a rehearsal does not run";

describe.each(MAJORS)("a rehearsal of a hostile target on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });

  it("reads no file of this machine for a column's default", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const owner = await database.connect();
    await owner.query(
      `ALTER TABLE file_audit ADD COLUMN tag name;
       ALTER TABLE file_audit ALTER COLUMN tag SET DEFAULT (pg_read_file('${file.path}')::int)::text::name;
       INSERT INTO file_audit (file_path, tag) SELECT n::text, NULL FROM generate_series(1, 20) n;
       ANALYZE file_audit;`,
    );
    const planned = await planAndRehearse(database);
    expect(planned.texts).not.toContain(SECRET);
    expect(planned.texts).not.toContain(file.path);
    expect(planned.texts).toContain("about 20 rows on the target, rehearsed with 20");
    expect(planned.failure).toBeUndefined();
    expect(planned.differences).toStrictEqual([]);
    expect(planned.omitted).toStrictEqual([`default of "public.file_audit.tag": ${NOT_RUN}`]);
    expect(planned.texts).toContain(`not rebuilt from the target: ${planned.omitted[0] ?? ""}`);
  });

  it("runs nothing that the target's owner planted, and names what it omits", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const admin = await database.connect(server().superuser);
    await admin.query("CREATE EXTENSION dblink SCHEMA extensions");
    const owner = await database.connect();
    await owner.query(HOSTILE);
    // Statistics without rows: an insert would run the functions.
    await admin.query(
      "UPDATE pg_class SET reltuples = 100, relpages = 1 WHERE relname = 'file_audit'",
    );
    const planned = await planAndRehearse(database);
    expect(planned.failure).toBeUndefined();
    expect(planned.differences).toStrictEqual([]);
    expect(planned.seconds).toBeLessThan(60);
    const hidden = [SECRET, file.path, "evil", ".touched", "1000000000", "dblink_exec"];
    expect(hidden.filter((text) => planned.texts.includes(text))).toStrictEqual([]);
    expect(readdirSync(dirname(file.path))).toStrictEqual(["private"]);
    expect([...planned.omitted].sort()).toStrictEqual(
      [
        'extension "dblink": one that a rehearsal does not have',
        ...Object.keys(DEFAULTS).map(
          (name) => `default of "public.file_audit.${name}": ${NOT_RUN}`,
        ),
        'column "public.file_audit.padded": a type that a rehearsal does not have',
        `column "public.file_audit.made": ${NOT_RUN}`,
        'default of domain "public.looping"',
        'default of domain "public.reading"',
        `constraint "run" of domain "public.checked": ${NOT_RUN}`,
        `constraint "check" of "public.file_audit": ${NOT_RUN}`,
        'constraint "apart" of "public.file_audit"',
        `index "expression" of "public.file_audit": ${NOT_RUN}`,
        `index "predicate" of "public.file_audit": ${NOT_RUN}`,
        'policy sees of "public.file_audit"',
        'rule again of "public.file_audit"',
      ].sort(),
    );
    expect(planned.texts).toContain("about 100 rows on the target, rehearsed with 100");
  });

  it("uses an ordinary table when the partition key of the target's table would run code", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const owner = await database.connect();
    await owner.query(`
      DROP TABLE file_audit;
      CREATE FUNCTION evil(value integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS 'BEGIN LOOP END LOOP; END';
      CREATE TABLE file_audit (id integer NOT NULL, file_path text) PARTITION BY RANGE (evil(id));
      CREATE TABLE file_audit_1 PARTITION OF file_audit FOR VALUES FROM (1) TO (length(repeat('x', 1000000)));
    `);
    const planned = await planAndRehearse(database);
    expect(planned.failure).toBeUndefined();
    expect(planned.texts).not.toContain("evil");
    expect(planned.omitted).toStrictEqual([
      `partition key of "public.file_audit": ${NOT_RUN}`,
      `partition bound of "public.file_audit_1": SQLSTATE ${major < 18 ? "42P17" : "42809"}`,
    ]);
  });

  it("shows a hostile name with its control characters escaped", async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    const owner = await database.connect();
    await owner.query(
      `ALTER TABLE file_audit ADD COLUMN U&"a\\001B[2J\\202E" text DEFAULT repeat('x', 3), ADD COLUMN "x) ; DROP --" text DEFAULT 'y'`,
    );
    const { omitted, texts } = await planAndRehearse(database);
    expect(omitted).toStrictEqual([
      `default of "public.file_audit.a\\u001b[2J[U+202E]": ${NOT_RUN}`,
    ]);
    expect(texts).not.toContain("\u001b");
  });
});
