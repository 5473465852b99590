import { escapeIdentifier as id, type ClientBase } from "pg";
import { qualified } from "../catalog/kinds/objectId";
import type { ObjectId } from "../model";
import { quote } from "../postgres/names";
import { quoted, type Rebuilder } from "./rebuilder";
import type { Surroundings } from "./surroundingsModel";

/**
 * Reads the publications that the steps need and that are there, each with those of its tables that the steps need.
 *
 * @param needed roots and parts
 */
export async function readPublications(
  client: ClientBase,
  needed: readonly ObjectId[],
): Promise<Surroundings["publications"]> {
  const names = needed.filter(({ kind }) => kind === "publication").map(({ name }) => name);
  const { rows } = await client.query<{ name: string; owner: string }>(
    `SELECT p.pubname AS name, pg_catalog.pg_get_userbyid(p.pubowner) AS owner
       FROM pg_catalog.pg_publication p WHERE p.pubname = ANY ($1::text[]) ORDER BY p.pubname`,
    [names],
  );
  return rows.map((row) => ({
    ...row,
    tables: needed
      .filter(({ kind, of }) => kind === "published table" && of?.name === row.name)
      .map(qualified),
  }));
}

/** Makes publications of the same name and owner, with those tables as a whole. */
export async function rebuildPublications(
  superuser: Rebuilder,
  { publications }: Surroundings,
): Promise<void> {
  for (const { name, owner, tables } of publications) {
    const members = tables.length === 0 ? "" : `FOR TABLE ${tables.map(quote).join(", ")}`;
    const what = `publication ${quoted(name)}`;
    const create = `CREATE PUBLICATION ${id(name)} ${members};
      ALTER PUBLICATION ${id(name)} OWNER TO ${id(owner)}`;
    if (await superuser.attempt(what, create)) {
      superuser.omitted.push(
        `${what}: its options; it is there with the tables that the plan names`,
      );
    }
  }
}
