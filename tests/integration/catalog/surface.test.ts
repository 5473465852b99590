import type { Client } from "pg";
import { describeCatalog } from "../../../runner/catalog/describe";
import { KINDS } from "../../../runner/catalog/kinds";
import { coveredCatalogs } from "../../../runner/catalog/kinds/kind";
import { KNOWN_CATALOG_COLUMNS, NOT_READ_COLUMNS } from "../../../runner/catalog/known";
import { asRunner } from "../../support/asRunner";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";

/** No kind describes what is in these: a statement that writes to them is refused, except for the last line. */
const UNDESCRIBED = [
  ..."pg_am pg_conversion pg_transform pg_ts_parser pg_ts_template pg_tablespace pg_parameter_acl".split(
    " ",
  ),
  ..."pg_largeobject pg_largeobject_metadata pg_replication_origin pg_seclabel pg_shseclabel".split(
    " ",
  ),
  ..."pg_subscription pg_subscription_rel".split(" "),
  ..."pg_depend pg_shdepend pg_statistic pg_statistic_ext_data".split(" "),
];

/** Read for every kind. */
const COMMENTS = ["pg_description", "pg_shdescription"];

describe.each(MAJORS)("the catalog of PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  const columnsOf = async (client: Client): Promise<readonly (readonly [string, string])[]> => {
    const { rows } = await client.query<{ relation: string; name: string }>(
      `SELECT c.relname AS relation, a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r'`,
    );
    return rows.map(({ relation, name }) => [relation, name]);
  };

  it("has only tables that an object kind covers or that no directive may write", async () => {
    const client = await (await server().createDatabase({ shape: "empty" })).connect();
    const tables = new Set((await columnsOf(client)).map(([relation]) => relation));
    const known = new Set([...KINDS.flatMap(coveredCatalogs), ...COMMENTS, ...UNDESCRIBED]);
    expect([...tables].filter((table) => !known.has(table))).toStrictEqual([]);
  });

  it("has only columns that are read, that follow from others, or that are no property", async () => {
    const client = await (await server().createDatabase({ shape: "empty" })).connect();
    await asRunner(client, describeCatalog);
    const { rows } = await client.query<{ statement: string }>(
      "SELECT statement FROM pg_prepared_statements WHERE name = 'v7_describe_catalog'",
    );
    const words = new Set(rows[0]?.statement.split(/\W+/));
    const known = new Set(KNOWN_CATALOG_COLUMNS.map((column) => column.join(".")));
    const notRead = new Set(NOT_READ_COLUMNS.map((column) => column.join(".")));
    const columns = (await columnsOf(client)).filter(
      ([relation]) => !UNDESCRIBED.includes(relation),
    );
    expect(
      columns.map((column) => column.join(".")).filter((one) => !known.has(one)),
    ).toStrictEqual([]);
    expect(
      columns.filter(([relation, name]) => words.has(name) === notRead.has(`${relation}.${name}`)),
    ).toStrictEqual([]);
  });
});
