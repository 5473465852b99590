import {
  isAllowedExpression,
  isAllowedBound,
  isAllowedForeignKey,
  isAllowedIndex,
  isAllowedPartitionKey,
  isAllowedStatistics,
  isAllowedType,
} from "../../../runner/rehearsal/allowedExpression";

describe("an expression of the target's", () => {
  it.each([
    "0",
    "'Queued'::public.task_status_enum",
    "now()",
    "CURRENT_TIMESTAMP",
    "(now() AT TIME ZONE 'utc'::text)",
    "gen_random_uuid()",
    "'{}'::jsonb",
    "ARRAY[]::text[]",
    "(((VALUE >= 1) AND (VALUE <= 7)))",
    "(size * 2)",
    "lower((path)::text)",
    "(status = ANY (ARRAY['a'::text, 'b'::text]))",
    "COALESCE(title, ''::text) || ' '::text",
    "CASE WHEN (a IS NULL) THEN 1 ELSE 2 END",
    "(length(path) <= 200) AND (path IS NOT NULL) AND (path ~~ '/%'::text)",
    'path COLLATE "C"',
    "pg_catalog.lower(path) OPERATOR(pg_catalog.=) path",
    "1 -- a comment",
  ])("may run: %s", async (text) => {
    expect(await isAllowedExpression(text)).toBe(true);
  });

  it.each([
    ["a file", "((pg_read_file('/private'::text))::integer)::text"],
    ["a file, by a cast", "'public.f'::regclass"],
    ["a large object", "lo_import('/private'::text)"],
    ["a function of the target's", "public.now()"],
    ["a function that is not on the list", "to_tsvector('english'::regconfig, path)"],
    ["an operator of the target's", "a OPERATOR(public.=) b"],
    ["a regular expression", "path ~ '(x+x+)+y'::text"],
    ["a value without an end", "repeat('x'::text, 1000000000)"],
    ["a padded value", "'x'::character(10000000)"],
    ["a loop", "generate_series(1, 1000000000)"],
    ["a pause", "pg_sleep(1000)"],
    ["a setting", "set_config('role'::text, 'postgres'::text, false)"],
    ["a query in a function", "query_to_xml('SELECT 1'::text, true, true, ''::text)"],
    ["a query", "(SELECT 1)"],
    ["a query in a condition", "EXISTS (SELECT 1)"],
    ["a row", "1, 2"],
    ["a whole row", "(t.*)::text"],
    ["two statements", "1; DROP TABLE file_audit"],
    ["more than the expression", "1) FROM (SELECT 2"],
    ["an end within a comment", "1) -- "],
    ["an open comment", "1 /*"],
    ["an aggregate's clauses", "length(a) FILTER (WHERE true)"],
    ["a window", "length(a) OVER ()"],
    ["an XML document", "'<a/>'::xml"],
    ["a parameter", "$1"],
    ["nothing", ""],
    ["no SQL", "\\"],
    ["too many levels", `${"NOT ".repeat(2400)}true`],
    ["too many characters", `'${"x".repeat(20_000)}'`],
  ])("may not run if it has %s", async (_, text) => {
    expect(await isAllowedExpression(text)).toBe(false);
  });
});

describe("a type of the target's", () => {
  it.each(["integer", "character varying(20)[]", "extensions.citext", '"Odd ""name"', "bit(8)"])(
    "is allowed if it is a name: %s",
    async (text) => {
      expect(await isAllowedType(text)).toBe(true);
    },
  );

  it.each([
    "integer DEFAULT pg_read_file('/private')",
    "integer; DROP TABLE x",
    "integer --",
    "integer = 1",
    "character(10000000)",
    "SETOF integer",
    "t.c%TYPE",
    "numeric(pg_read_file('/private'))",
  ])("is not allowed otherwise: %s", async (text) => {
    expect(await isAllowedType(text)).toBe(false);
  });
});

describe("an index of the target's", () => {
  const table = { schema: "public", name: "file_audit" };
  const on = "INDEX i ON public.file_audit USING";

  it.each([
    `CREATE UNIQUE ${on} btree (layer COLLATE "C" text_pattern_ops DESC NULLS LAST) INCLUDE (id) WHERE (size > 10)`,
    `CREATE ${on} gin (path extensions.gin_trgm_ops)`,
    `CREATE ${on} btree (lower(path))`,
  ])("may be built: %s", async (text) => {
    expect(await isAllowedIndex(text, table)).toBe(true);
  });

  it.each([
    `CREATE ${on} btree (public.evil(path))`,
    `CREATE ${on} btree (path) WHERE public.evil(path)`,
    `CREATE ${on} btree (path) WITH (fillfactor='90')`,
    `CREATE ${on} btree (path) TABLESPACE other`,
    `CREATE ${on} evil (path)`,
    `CREATE ${on} btree (path); DROP TABLE x`,
    "CREATE INDEX i ON public.other USING btree (path)",
    "SELECT 1",
  ])("may not be built: %s", async (text) => {
    expect(await isAllowedIndex(text, table)).toBe(false);
  });
});

describe("a partition key of the target's", () => {
  it.each(["RANGE (at)", 'LIST (lower(land) COLLATE "C" text_ops)', "HASH (id, at)"])(
    "may be used: %s",
    async (text) => {
      expect(await isAllowedPartitionKey(text)).toBe(true);
    },
  );

  it.each([
    "RANGE (evil(at))",
    "RANGE (at) WITH (fillfactor = 10)",
    "RANGE (at) TABLESPACE other",
    "RANGE (at); DROP TABLE x",
    "RANGE (at) /*",
  ])("may not be used: %s", async (text) => {
    expect(await isAllowedPartitionKey(text)).toBe(false);
  });
});

describe("a partition's bound of the target's", () => {
  it.each([
    "DEFAULT",
    "FOR VALUES IN ('a', NULL, 1, true)",
    "FOR VALUES FROM ('2026-01-01', MINVALUE) TO ('2027-01-01', MAXVALUE)",
    "FOR VALUES WITH (modulus 2, remainder 0)",
  ])("may be used: %s", async (text) => {
    expect(await isAllowedBound(text)).toBe(true);
  });

  it.each([
    "FOR VALUES IN (evil(1))",
    "FOR VALUES FROM (pg_read_file('x')) TO (MAXVALUE)",
    "DEFAULT, ADD COLUMN x text",
    "DEFAULT; DROP TABLE x",
  ])("may not be used: %s", async (text) => {
    expect(await isAllowedBound(text)).toBe(false);
  });
});

describe("a foreign key of the target's", () => {
  it.each([
    "FOREIGN KEY (a) REFERENCES public.t(id)",
    'FOREIGN KEY (a, "b c") REFERENCES t (x, y) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (a) DEFERRABLE NOT VALID',
  ])("may be made: %s", async (text) => {
    expect(await isAllowedForeignKey(text)).toBe(true);
  });

  it.each([
    "CHECK (evil(a))",
    "FOREIGN KEY (a) REFERENCES t, ADD CHECK (evil(a))",
    "FOREIGN KEY (a) REFERENCES t; DROP TABLE x",
  ])("may not be made: %s", async (text) => {
    expect(await isAllowedForeignKey(text)).toBe(false);
  });
});

describe("statistics of the target's", () => {
  const allowed = (text: string): Promise<boolean> =>
    isAllowedStatistics(`CREATE STATISTICS public.both ${text}`, { schema: "public", name: "t" });

  it.each([
    ["(dependencies) ON a, b FROM public.t", true],
    ["ON lower(a), b FROM public.t", true],
    ["ON evil(a), b FROM public.t", false],
    ["ON a, b FROM public.other", false],
    ["ON a, b FROM t", false],
    ["ON a, b FROM public.t, public.other", false],
    ["ON a, b FROM public.t; SELECT 1", false],
  ])("may run, or not: %s", async (text, may) => {
    expect(await allowed(text)).toBe(may);
  });
});
