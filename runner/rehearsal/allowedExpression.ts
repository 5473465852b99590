import type { QualifiedName } from "../model";
import { parseExpression, parseStatement, parseType, type ParsedNode } from "../sql/expression";
import { FUNCTIONS, INDEX_METHODS, OPERATOR_KINDS, OPERATORS, PADDED, TYPES } from "./allowedNames";
import { MAX_VALUE_BYTES } from "./bounds";
import {
  catalogName,
  guarded,
  namesOf,
  parseBound,
  parseConstraint,
  parsed,
  parsePartitionKey,
  typeSize,
} from "./definitions";

type Check = (value: unknown) => boolean;

const anything: Check = () => true;
const node: Check = (value) => isAllowedNode(value as ParsedNode);
const nodes: Check = (value) => Array.isArray(value) && value.every(node);
const operator: Check = (value) => OPERATORS.has(catalogName(value) ?? "");
const collation: Check = (value) => catalogName(value) !== undefined;

/** The kinds of node that an expression may have, with a check for each of their fields; other fields are not allowed. */
const NODES: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  A_Const: {
    isnull: anything,
    ival: anything,
    fval: anything,
    boolval: anything,
    sval: anything,
    bsval: anything,
  },
  ColumnRef: { fields: (value) => namesOf(value)?.length === 1 },
  TypeCast: { arg: node, typeName: (value) => isTypeName(value as ParsedNode, TYPES) },
  CollateClause: { arg: node, collname: collation },
  A_Expr: { kind: (kind) => OPERATOR_KINDS.has(kind), name: operator, lexpr: node, rexpr: node },
  FuncCall: {
    funcname: (value) => FUNCTIONS.has(catalogName(value) ?? ""),
    args: nodes,
    funcformat: anything,
  },
  SQLValueFunction: { op: anything, typmod: anything },
  BoolExpr: { boolop: anything, args: nodes },
  NullTest: { arg: node, nulltesttype: anything },
  BooleanTest: { arg: node, booltesttype: anything },
  CoalesceExpr: { args: nodes },
  MinMaxExpr: { op: anything, args: nodes },
  CaseExpr: { arg: node, args: nodes, defresult: node },
  CaseWhen: { expr: node, result: node },
  A_ArrayExpr: { elements: nodes },
  List: { items: nodes },
};

const TYPE_NAME: Readonly<Record<string, Check>> = {
  names: anything,
  typmods: anything,
  typemod: anything,
  arrayBounds: anything,
};

const PARTITION_ELEMENT: Readonly<Record<string, Check>> = {
  name: anything,
  expr: node,
  collation,
  opclass: (value) => namesOf(value) !== undefined,
};

const INDEX_ELEMENT: Readonly<Record<string, Check>> = {
  ...PARTITION_ELEMENT,
  ordering: anything,
  nulls_ordering: anything,
};

const elements: Check = (value) => areOf(value, "IndexElem", INDEX_ELEMENT);

const INDEX: Readonly<Record<string, Check>> = {
  idxname: anything,
  relation: anything,
  accessMethod: (value) => INDEX_METHODS.has(value),
  indexParams: elements,
  indexIncludingParams: elements,
  whereClause: node,
  unique: anything,
  nulls_not_distinct: anything,
};

const STATISTICS: Readonly<Record<string, Check>> = {
  defnames: anything,
  stat_types: anything,
  exprs: (value) => areOf(value, "StatsElem", { name: anything, expr: node }),
};

const PARTITION_KEY: Readonly<Record<string, Check>> = {
  strategy: anything,
  partParams: (value) => areOf(value, "PartitionElem", PARTITION_ELEMENT),
};

/** Its values are constants, and MINVALUE and MAXVALUE, which the parser takes for columns. */
const PARTITION_BOUND: Readonly<Record<string, Check>> = {
  strategy: anything,
  is_default: anything,
  modulus: anything,
  remainder: anything,
  listdatums: nodes,
  lowerdatums: nodes,
  upperdatums: nodes,
};

/**
 * Whether a target's expression may run on a rehearsal's server: it must consist of constants, columns of its own table,
 * casts to built-in types, and the functions and operators of pg_catalog that are named here.
 */
export async function isAllowedExpression(text: string): Promise<boolean> {
  const tree = await parsed(text, parseExpression);
  return tree !== undefined && guarded(() => isAllowedNode(tree));
}

/** Whether the text is the name of a type and nothing else. The rehearsal's server decides which type that is. */
export async function isAllowedType(text: string): Promise<boolean> {
  const tree = await parsed(text, parseType);
  return tree !== undefined && isTypeName(tree);
}

/** Whether the text is one CREATE INDEX on that table, with columns and allowed expressions. */
export async function isAllowedIndex(text: string, table: QualifiedName): Promise<boolean> {
  const index = (await parsed(text, parseStatement))?.["IndexStmt"] as
    { readonly relation: { readonly schemaname?: string; readonly relname: string } } | undefined;
  return (
    index?.relation.schemaname === table.schema &&
    index.relation.relname === table.name &&
    guarded(() => has(index, INDEX))
  );
}

/** Whether the text is one CREATE STATISTICS on that table, with columns and allowed expressions. */
export async function isAllowedStatistics(text: string, table: QualifiedName): Promise<boolean> {
  const { relations, ...statistics } = ((await parsed(text, parseStatement))?.["CreateStatsStmt"] ??
    {}) as ParsedNode;
  const [of, ...others] = (relations ?? []) as readonly { readonly RangeVar: ParsedNode }[];
  return (
    others.length === 0 &&
    of?.RangeVar["schemaname"] === table.schema &&
    of.RangeVar["relname"] === table.name &&
    guarded(() => has(statistics, STATISTICS))
  );
}

/** Whether the text is what follows PARTITION BY, with columns and allowed expressions. */
export async function isAllowedPartitionKey(text: string): Promise<boolean> {
  const key = await parsePartitionKey(text);
  return key !== undefined && guarded(() => has(key, PARTITION_KEY));
}

/** Whether the text is a partition's bound and nothing else: what follows its name in ATTACH PARTITION. */
export async function isAllowedBound(text: string): Promise<boolean> {
  const bound = await parseBound(text);
  return bound !== undefined && guarded(() => has(bound, PARTITION_BOUND));
}

/** Whether the text is a foreign key's definition: it consists of names and of SQL's own words. */
export async function isAllowedForeignKey(text: string): Promise<boolean> {
  const constraint = await parseConstraint(text);
  return constraint?.["contype"] === "CONSTR_FOREIGN";
}

function isAllowedNode(value: ParsedNode): boolean {
  const [kind = ""] = Object.keys(value);
  const fields = Object.hasOwn(NODES, kind) ? NODES[kind] : undefined;
  return fields !== undefined && isOfKind(value, kind) && has(value[kind], fields);
}

function isOfKind(value: ParsedNode, kind: string): boolean {
  return Object.keys(value).length === 1 && Object.hasOwn(value, kind);
}

function areOf(values: unknown, kind: string, fields: Readonly<Record<string, Check>>): boolean {
  return (
    Array.isArray(values) &&
    values.every((one: ParsedNode) => isOfKind(one, kind) && has(one[kind], fields))
  );
}

/** Whether each field is a known one and passes its check. Positions in the text are ignored. */
function has(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  return Object.entries(value as ParsedNode).every(
    ([field, content]) =>
      field === "location" || (Object.hasOwn(fields, field) && fields[field]?.(content) === true),
  );
}

/**
 * Whether a node is the name of an allowed type: one of `builtIn`, or any of pg_catalog where that is not given; or one of
 * another schema, which on a rehearsal's server can only be a type that the rehearsal made.
 */
function isTypeName(type: ParsedNode, builtIn?: ReadonlySet<string>): boolean {
  const names = namesOf(type["names"]);
  const own = catalogName(type["names"]);
  const size = typeSize(type["typmods"]);
  return (
    names !== undefined &&
    has(type, TYPE_NAME) &&
    size !== undefined &&
    (own === undefined || builtIn === undefined || builtIn.has(own)) &&
    !(PADDED.has(own ?? "") && size > MAX_VALUE_BYTES)
  );
}
