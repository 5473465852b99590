import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { StepKind } from "../../../runner/model";

/** One statement of a later directive, with what proves of it that it is known through and through. */
export interface Row {
  /** The word for it. */
  readonly what: string;
  /** Of its step. Default: section. */
  readonly kind?: StepKind;
  readonly sql: string;
  /** Takes it back. */
  readonly inverse: string;
  /** The object that it makes or changes, as drift names it. */
  readonly object: string;
  /** Changes what it made, behind everybody's back. */
  readonly mutation: string;
  /** Drift's word for that change. Default: changed. */
  readonly drift?: "changed" | "missing" | "unexpected";
  /**
   * What becomes of it: a repair mends it, after which nothing differs, or it is shown to a person with what is expected.
   * Default: mended.
   */
  readonly repair?: "mended" | "shown";
}

/** Of the application: what is there before. */
export const APPLICATION = `
CREATE TABLE app_order (id bigint PRIMARY KEY, state varchar(20) NOT NULL DEFAULT 'new', total numeric, placed_at timestamptz DEFAULT now());
CREATE TABLE app_person (id integer PRIMARY KEY, name text NOT NULL, mail text, phone text);
CREATE TABLE app_old (id integer);
CREATE INDEX app_order_placed ON app_order (placed_at);
CREATE TYPE app_kind AS ENUM ('old', 'new');
CREATE SEQUENCE app_numbers;
CREATE VIEW app_open_orders AS SELECT id, total FROM app_order WHERE state = 'new';
CREATE FUNCTION app_twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
INSERT INTO app_order (id, state, total) SELECT n, CASE n % 3 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' ELSE 'sent' END, n FROM generate_series(1, 50) n;
INSERT INTO app_person SELECT n, 'person ' || n, n || '@example.org' FROM generate_series(1, 20) n;
`;

/** The rows of docs/directives.md's table, in its order. */
export const ROWS = JSON.parse(
  readFileSync(join(__dirname, "rows.json"), "utf8"),
) as readonly Row[];
