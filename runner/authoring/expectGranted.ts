import { fault } from "../base/fault";
import { accessKey } from "../catalog/access";
import { changeBetween } from "../catalog/change";
import { keyOf } from "../catalog/kinds/objectId";
import { isGrantOn } from "../directive/grantStatements";
import type { AccessGrant, AccessMatrix, CatalogChange, ObjectId } from "../model";
import { formatName } from "../postgres/names";
import type { Found } from "./observe";

type Access = Pick<AccessMatrix, "grants">;

/**
 * Refuses a grant on an object that no directive makes or changes, and on a missing column: it would fail once everything
 * else has been committed, or give access to objects of others. Refuses also INSERT on a table without USAGE on the sequence
 * that a column's default uses: the INSERT would fail.
 *
 * @param access the grants that the directive's access.yaml adds
 * @param all the grants of the directive and of those before it
 * @throws DIRECTIVE_REFUSED
 */
export function expectGranted(
  directive: string,
  access: Access,
  all: Access,
  found: readonly Found[],
): void {
  const missing = found.flatMap(({ clean, after }) => {
    const own = concerned(changeBetween(clean, after));
    return access.grants.flatMap((grant) => notThere(grant, own, after));
  });
  if (missing.length > 0) {
    throw fault("DIRECTIVE_REFUSED", {
      what: `reading the grants of sql/${directive}/access.yaml`,
      found: [...new Set(missing)].join(", "),
      expected: "objects, columns and schemas that a directive makes or changes",
      remedy: "Correct the name, or take the grant out",
    });
  }
  expectSequences(directive, access, all, found);
}

/** The access snapshot's keys of all objects that were made, changed or renamed, and of the objects and schemas around them. */
function concerned({ added, changed, renamed }: CatalogChange): ReadonlySet<string> {
  const ids = [...[...added, ...changed].map(({ id }) => id), ...renamed.map(({ to }) => to)];
  const withParents = (id: ObjectId): readonly ObjectId[] => [
    id,
    ...(id.of === undefined ? [] : withParents(id.of)),
    ...(id.schema === undefined ? [] : [{ kind: "schema", name: id.schema }]),
  ];
  return new Set(ids.flatMap(withParents).flatMap((id) => accessKey(id) ?? []));
}

function notThere(
  { objectType, schema, object, columns = [] }: AccessGrant,
  own: ReadonlySet<string>,
  after: Found["after"],
): readonly string[] {
  const name = object === undefined ? schema : formatName({ schema, name: object });
  const type = objectType === "column" ? "table" : objectType;
  if (!own.has(`privileges ${type} ${name}`)) {
    return [type === "table" ? name : `${type} ${name}`];
  }
  const there = new Set([...after.values()].map(({ id }) => accessKey(id)));
  return columns
    .filter((column) => !there.has(`privileges column ${name}.${column}`))
    .map((column) => `column ${column} of ${name}`);
}

/** @throws DIRECTIVE_REFUSED with the lines to add to access.yaml */
function expectSequences(
  directive: string,
  access: Access,
  { grants }: Access,
  found: readonly Found[],
): void {
  const lacking = new Map(
    found
      .flatMap((one) => defaultsFrom(one))
      .flatMap(({ sequence, table, isNew }) =>
        inserters(isNew ? grants : access.grants, table)
          .filter((role) => !mayTakeValues(grants, sequence, role))
          .map((role) => ({ sequence: nameOf(sequence), table: nameOf(table), role })),
      )
      .map((one) => [JSON.stringify(one), one]),
  );
  if (lacking.size > 0) {
    const lines = [...lacking.values()];
    throw fault("DIRECTIVE_REFUSED", {
      what: `reading the grants of sql/${directive}/access.yaml`,
      found: lines
        .map(
          ({ sequence, table, role }) =>
            `${sequence}: INSERT is granted on ${table} to ${role}, USAGE on its sequence is not`,
        )
        .join("; "),
      expected: "USAGE on each sequence that a column's default takes its value from",
      remedy: "Add what follows, under `sequences:`",
      detail: lines.map(({ sequence, role }) => `  ${sequence}: { ${role}: [USAGE] }`),
    });
  }
}

interface DefaultFrom {
  readonly sequence: ObjectId;
  readonly table: ObjectId;
  /** Whether this directive made the sequence, not an earlier one. */
  readonly isNew: boolean;
}

/** The columns whose default is nextval() of a directives' sequence. Identity columns need no privilege on theirs. */
function defaultsFrom({ clean, before, after }: Found): readonly DefaultFrom[] {
  const made = changeBetween(clean, after).added.filter(({ id }) => id.kind === "sequence");
  const byName = new Map(made.map(({ id }) => [nameOf(id), id]));
  return [...after.values()].flatMap(({ id, properties }) => {
    const text = /^nextval\('((?:[^']|'')+)'::regclass\)$/.exec(String(properties["default"]))?.[1];
    const sequence = byName.get(unquoted(text ?? ""));
    return id.of === undefined || sequence === undefined
      ? []
      : [{ sequence, table: id.of, isNew: !before.has(keyOf(sequence)) }];
  });
}

/** `public.t_id_seq` from a quoted name in a literal. */
function unquoted(name: string): string {
  return name
    .replaceAll("''", "'")
    .replace(/"((?:[^"]|"")+)"/g, (_, inner: string) => inner.replaceAll('""', '"'));
}

function nameOf({ schema = "", name }: ObjectId): string {
  return formatName({ schema, name });
}

function inserters(grants: readonly AccessGrant[], table: ObjectId): readonly string[] {
  const granted = grants.filter(
    (grant) => isGrantOn(grant, table) && grant.privileges.includes("INSERT"),
  );
  return [...new Set(granted.map(({ role }) => role))];
}

/** nextval() needs USAGE or UPDATE. */
function mayTakeValues(grants: readonly AccessGrant[], sequence: ObjectId, role: string): boolean {
  return grants.some(
    (grant) =>
      grant.role === role &&
      isGrantOn(grant, sequence) &&
      grant.privileges.some((word) => word !== "SELECT"),
  );
}
