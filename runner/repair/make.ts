import { escapeLiteral } from "pg";
import { isImplicit } from "../catalog/createdObjects";
import { kindOf } from "../catalog/kinds";
import { dropStatement, setBackStatement } from "../catalog/kinds/kind";
import { isOn, isSameObject, keyOf, snapshotKey } from "../catalog/kinds/objectId";
import { grantStatements, isGrantOn } from "../directive/grantStatements";
import { objectTypeOf, quoteGranted, quoteGrantedName } from "../directive/objectType";
import type { LockedStatement, ObjectId, Statement } from "../model";
import { propertiesOf, type RepairContext } from "./context";

/**
 * The statements that create an object as expected, with the matrix's privileges only. They come from its properties where
 * those suffice; otherwise they are the directives' statements that made it and that changed it or its parts later. Empty
 * for an object that was made as part of another one.
 */
export function make(context: RepairContext, id: ObjectId): readonly string[] {
  const kind = kindOf(id.kind);
  if (kind.make === undefined) {
    const statements = statementsThatMake(context, id);
    const added = statements.flatMap(({ locked }) => locked?.added ?? []).map((one) => one.id);
    const ids = new Map(added.map((one) => [keyOf(one), one]));
    return [
      ...statements.map(textOf),
      ...[...ids.values()].flatMap((one) => closeAndGrant(context, one)),
    ];
  }
  const properties = propertiesOf(context.expected, id);
  const { comment = null } = properties;
  return [
    kind.make(id, properties),
    ...(comment === null ? [] : [setBackStatement(kind, id, "comment", comment) ?? ""]),
    ...closeAndGrant(context, id),
  ];
}

/** The statements that drop and create an object. They fail where something depends on it, as nothing is dropped by CASCADE. */
export function makeAnew(context: RepairContext, id: ObjectId): readonly string[] {
  const drop = dropStatement(kindOf(id.kind), id);
  const sql = make(context, id);
  const isThere = snapshotKey(id) in context.live;
  return drop === null || sql.length === 0 ? [] : [...(isThere ? [drop] : []), ...sql];
}

/** The last statement that made the object. */
export function statementThatMakes({ steps }: RepairContext, id: ObjectId): Statement | undefined {
  return steps
    .flatMap(({ statements }) => statements)
    .findLast(({ locked }) => locked?.added.some((one) => isSameObject(one.id, id)));
}

function statementsThatMake(context: RepairContext, id: ObjectId): readonly Statement[] {
  const first = statementThatMakes(context, id);
  const object = first?.locked?.added.find((one) => isSameObject(one.id, id));
  if (first?.locked === undefined || object === undefined || isImplicit(first.locked, object)) {
    return [];
  }
  const all = context.steps.flatMap(({ statements }) => statements);
  return all
    .slice(all.indexOf(first))
    .filter(
      (one) =>
        one === first ||
        (one.locked && concerns(one.locked, id) && !makesWhatIsThere(context, one.locked, id)),
    );
}

/** Whether a statement made something else that is still there: with a partition's index, that of the whole table. */
function makesWhatIsThere(
  { live }: RepairContext,
  { added }: LockedStatement,
  id: ObjectId,
): boolean {
  return added.some(
    (one) => !isSameObject(one.id, id) && !isOn(one.id, id) && snapshotKey(one.id) in live,
  );
}

/** Whether a statement changed an object or a part of it, apart from privileges. */
function concerns({ added, changed, renamed, removed }: LockedStatement, id: ObjectId): boolean {
  const isOnIt = (one: ObjectId): boolean => isSameObject(one, id) || isOn(one, id);
  return (
    [...added, ...removed].some(({ id }) => isOnIt(id)) ||
    renamed.some(({ from }) => isOnIt(from)) ||
    changed.some(
      ({ id, properties }) =>
        isOnIt(id) && Object.keys(properties).some((name) => name !== "privileges"),
    )
  );
}

/** A statement's own bytes, without its final semicolon. */
function textOf({ bytes }: Statement): string {
  return bytes
    .toString("utf8")
    .replace(/;\s*(--[^\n]*\s*)*$/, "")
    .replace(/^\s*\n/, "");
}

/** By catalog, the type for the OIDs of its objects. */
const OIDS: Readonly<Record<string, string>> = {
  pg_class: "regclass",
  pg_proc: "regprocedure",
  pg_type: "regtype",
};

/** Revokes what default privileges granted on a new object, then makes the matrix's grants on it. */
function closeAndGrant({ access }: RepairContext, id: ObjectId): string[] {
  const close = closing(id);
  const grants = access.grants.filter((one) => isGrantOn(one, id));
  return close === null ? [] : [close, ...grantStatements({ grants })];
}

/** The statement that revokes everybody's privileges but the owner's; null for a kind on which nothing is granted. */
function closing(id: ObjectId): string | null {
  const { catalog, acl, owner } = kindOf(id.kind).read;
  const objectType = objectTypeOf(id);
  const oid = id.of === undefined ? OIDS[catalog] : undefined;
  if (acl === undefined || owner === undefined || oid === undefined || objectType === undefined) {
    return null;
  }
  const { schema = "", name: object } = id;
  const on = { objectType, schema, object };
  const [list, its] = [acl.column, owner].map((column) => column.replace(/^\w+/, "o"));
  return `DO $v7$
DECLARE
    who text;
BEGIN
    FOR who IN
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
        FROM pg_catalog.${catalog} o CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(${list}, pg_catalog.acldefault(${acl.letter}, ${its}))) a
        WHERE o.oid = ${escapeLiteral(quoteGrantedName(on))}::pg_catalog.${oid} AND a.grantee <> ${its}
    LOOP
        EXECUTE ${escapeLiteral(`REVOKE ALL PRIVILEGES ON ${quoteGranted(on)} FROM `)} || who || ' CASCADE';
    END LOOP;
END
$v7$`;
}
