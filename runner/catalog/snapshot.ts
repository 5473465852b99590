import type { ClientBase } from "pg";
import { digestOf } from "../base/canonicalJson";
import { FORMER_CHECK } from "../history/formerCheck";
import type { DefinedObjects, QualifiedName, Snapshot } from "../model";
import { CATALOG_QUERIES } from "./snapshotQueries";

/**
 * Takes the snapshot of the directive's objects: tables with their columns, constraints, indexes, triggers and
 * policies, views, schemas, functions, and what was added to tables of others. What is not there has no entry.
 *
 * Reads the catalog only. Needs no privilege on the objects themselves.
 *
 * @param owner the login that is expected to own everything: the one that applied, or would apply, the directive
 */
export async function takeSnapshot(
  client: ClientBase,
  objects: DefinedObjects,
  owner: string,
): Promise<Snapshot> {
  const { rows } = await client.query<{ key: string; value: unknown }>(CATALOG_QUERIES, [
    objects.schemas,
    ...splitNames([...objects.tables, ...objects.views]),
    ...splitNames(objects.indexes),
    ...splitNames(objects.columns.map(({ table }) => table)),
    objects.columns.map(({ column }) => column),
    ...splitNames(objects.functions),
    owner,
  ]);
  return Object.fromEntries(
    rows
      .filter((row) => !isFormerCheck(row))
      .map(({ key, value }) => [key, key.startsWith("constraint ") ? asWritten(value) : value]),
  );
}

function isFormerCheck({ key, value }: { key: string; value: unknown }): boolean {
  const { definition } = value as { readonly definition?: string };
  return key === FORMER_CHECK.key && definition === FORMER_CHECK.definition;
}

/**
 * A dump writes ARRAY['a'::character varying, …]::text[] so that reading it back gives each element the cast instead: the
 * same constraint, written as the directive's own text comes out. A cast anywhere else is another constraint.
 */
function asWritten(value: unknown): unknown {
  const constraint = value as { readonly definition: string };
  const definition = constraint.definition.replace(
    /ARRAY\[('(?:[^']|'')*'::character varying::text(?:, (?='))?)+\]\)/g,
    (array) =>
      array
        .replace(/('(?:[^']|'')*'::character varying)::text/g, "$1")
        .replace(/\]\)$/, "]::text[])"),
  );
  return { ...constraint, definition };
}

/** The fingerprint of a snapshot: the sha256 of its canonical JSON. */
export function fingerprintOf(snapshot: Snapshot): string {
  return digestOf(snapshot);
}

/** Schemas and names apart: the catalog has indexes on names, none on `schema.name`. */
export function splitNames(names: readonly QualifiedName[]): readonly [string[], string[]] {
  return [names.map(({ schema }) => schema), names.map(({ name }) => name)];
}
