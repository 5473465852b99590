import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepKind } from "../../../runner/model";

/** One or a few statements of a later directive, with what tests need to check that every action supports them. */
export interface Row {
  /** The name for it. */
  readonly what: string;
  /** The kind of its step. Default: section. */
  readonly kind?: StepKind;
  readonly sql: string | readonly string[];
  /** The inverse of `sql`. */
  readonly inverse: string;
  /** The object that it makes or changes, as drift names it. */
  readonly object: string;
  /** Changes by hand what it made. */
  readonly mutation: string;
  /** Drift's word for that change. Default: changed. */
  readonly drift?: "changed" | "missing" | "unexpected";
  /**
   * What happens to that change: a repair mends it, after which nothing differs, or it is shown to a person.
   * Default: mended.
   */
  readonly repair?: "mended" | "shown";
}

/** The application's objects, which exist before the directive. */
export const APPLICATION = `
CREATE TABLE app_order (id bigint PRIMARY KEY, state varchar(20) NOT NULL DEFAULT 'new', total numeric, placed_at timestamptz DEFAULT now());
CREATE TABLE app_person (id integer PRIMARY KEY, name text NOT NULL, mail text, phone text);
CREATE TABLE app_old (id integer);
CREATE TABLE app_copied (id integer GENERATED ALWAYS AS IDENTITY, name text NOT NULL CHECK (name <> ''), code text COLLATE "C", UNIQUE (code) INCLUDE (id));
CREATE INDEX app_copied_name ON app_copied (lower(name)) WITH (fillfactor = 70);
CREATE STATISTICS app_copied_both (dependencies) ON id, name FROM app_copied;
ALTER TABLE app_copied ALTER COLUMN name SET STORAGE EXTERNAL, ALTER COLUMN name SET COMPRESSION pglz, ALTER COLUMN code SET STATISTICS 50;
COMMENT ON COLUMN app_copied.name IS 'It''s the name';
COMMENT ON CONSTRAINT app_copied_name_check ON app_copied IS 'not empty';
COMMENT ON INDEX app_copied_name IS 'in small letters';
COMMENT ON STATISTICS app_copied_both IS 'together';
CREATE INDEX app_order_placed ON app_order (placed_at);
CREATE TYPE app_kind AS ENUM ('old', 'new');
CREATE SEQUENCE app_numbers;
CREATE VIEW app_open_orders AS SELECT id, total FROM app_order WHERE state = 'new';
CREATE FUNCTION app_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE TABLE app_ticket (id serial PRIMARY KEY, text text);
CREATE TABLE app_moved (id serial PRIMARY KEY, text text);
CREATE TABLE app_flag (id integer, name text);
CREATE TABLE app_row (id integer, name text);
CREATE TABLE app_place (id integer PRIMARY KEY, name text);
CREATE TABLE app_named (id integer, code text);
CREATE VIEW app_codes AS SELECT id FROM app_named;
CREATE TYPE app_point AS (x integer, y integer);
CREATE TYPE app_area_code AS (code integer);
CREATE DOMAIN app_code AS text CHECK (VALUE ~ '^[A-Z]');
CREATE MATERIALIZED VIEW app_sums AS SELECT state, sum(total) AS total FROM app_order GROUP BY state;
CREATE SCHEMA app_area;
CREATE SCHEMA app_private;
CREATE FUNCTION app_thrice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 3';
CREATE FUNCTION app_thrice(n text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT n || n || n';
CREATE FUNCTION app_quarter(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n / 4';
CREATE FUNCTION app_private.halves(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n / 2';
CREATE TYPE app_level AS ENUM ('low', 'high');
CREATE TYPE app_height AS ENUM ('small', 'tall');
CREATE VIEW app_old_ones AS SELECT id FROM app_old;
CREATE VIEW app_open_flags AS SELECT id FROM app_flag;
CREATE VIEW app_places AS SELECT id FROM app_place;
CREATE FUNCTION app_private.half(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n / 2';
CREATE TABLE app_private.wide (id integer, gone integer);
CREATE VIEW app_private.narrow AS SELECT gone FROM app_private.wide;
CREATE TABLE app_event (id bigint NOT NULL, at date NOT NULL, kind text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE app_event_2025 PARTITION OF app_event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app_event_rest PARTITION OF app_event DEFAULT;
CREATE INDEX app_event_kind ON app_event (kind);
CREATE TABLE app_event_2026 (id bigint NOT NULL, at date NOT NULL, kind text);
CREATE TABLE app_sale (id integer, land text) PARTITION BY LIST (land);
CREATE TABLE app_sale_near PARTITION OF app_sale FOR VALUES IN ('de', 'fr') PARTITION BY HASH (id);
CREATE TABLE app_sale_near_0 PARTITION OF app_sale_near FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE app_sale_near_1 PARTITION OF app_sale_near FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE app_parent (id integer, name text);
CREATE TABLE app_heir (more text) INHERITS (app_parent);
CREATE TABLE app_alone (id integer, name text);
CREATE TABLE app_left (id integer PRIMARY KEY, l text);
CREATE TABLE app_right (id integer PRIMARY KEY, r text);
CREATE FUNCTION app_remade(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n';
CREATE VIEW app_written AS SELECT id, name FROM app_flag;
CREATE FUNCTION app_write() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER app_write INSTEAD OF INSERT ON app_written FOR EACH ROW EXECUTE FUNCTION app_write();
CREATE STATISTICS app_both (dependencies) ON state, total FROM app_order;
CREATE TABLE app_tree (id integer PRIMARY KEY, above integer);
ALTER TABLE app_tree ADD CONSTRAINT app_tree_above FOREIGN KEY (above) REFERENCES app_tree DEFERRABLE;
CREATE TYPE app_size AS (width integer, name text);
CREATE TABLE app_box (id integer, size app_size, sizes app_size[]);
CREATE FUNCTION app_boxes(n integer, OUT first integer, OUT last text) LANGUAGE sql AS 'SELECT n, ''x'' ';
CREATE FUNCTION app_all_boxes(VARIADIC ids integer[]) RETURNS SETOF app_box LANGUAGE sql AS 'SELECT * FROM app_box';
CREATE MATERIALIZED VIEW app_fresh AS SELECT id, text FROM app_ticket;
CREATE UNIQUE INDEX app_fresh_id ON app_fresh (id);
CREATE PUBLICATION app_news FOR TABLE app_box (id);
CREATE SCHEMA "App Ärea";
CREATE TABLE "App Ärea"."Tëst" (id integer PRIMARY KEY, "order" text);
CREATE VIEW "App Ärea".shown AS SELECT "order" FROM "App Ärea"."Tëst";
CREATE VIEW app_gone_view AS SELECT 1 AS one;
CREATE VIEW app_low AS SELECT 1 AS one;
CREATE VIEW app_high AS SELECT one FROM app_low;
CREATE TYPE app_gone_type AS (x integer);
CREATE DOMAIN app_gone_domain AS text CHECK (VALUE <> '');
CREATE SEQUENCE app_gone_numbers;
CREATE PROCEDURE app_gone(n integer) LANGUAGE sql AS 'SELECT n';
INSERT INTO app_event SELECT n, '2025-01-01'::date + n, 'k' FROM generate_series(1, 9) n;
INSERT INTO app_sale SELECT n, 'de' FROM generate_series(1, 9) n;
INSERT INTO app_heir VALUES (1, 'a', 'b');
INSERT INTO app_order (id, state, total) SELECT n, CASE n % 3 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' ELSE 'sent' END, n FROM generate_series(1, 50) n;
INSERT INTO app_place SELECT n, 'place ' || n FROM generate_series(1, 5) n;
INSERT INTO app_person SELECT n, 'person ' || n, n || '@example.org' FROM generate_series(1, 20) n;
`;

/** The rows of docs/directives.md's table, in its order. */
export const ROWS = JSON.parse(
  readFileSync(join(__dirname, "rows.json"), "utf8"),
) as readonly Row[];
