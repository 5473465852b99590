import type { QualifiedName } from "../model";
import { parseExpression, parseStatement, parseType, type ParsedNode } from "../sql/expression";
import { MAX_EXPRESSION_CHARACTERS, MAX_VALUE_BYTES } from "./bounds";

type Check = (value: unknown) => boolean;

/**
 * Functions of pg_catalog that read no file and no other row, change nothing, and whose results are about as large as their
 * arguments. Expressions with any other function are left out of a rehearsal.
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `now transaction_timestamp statement_timestamp clock_timestamp timezone date_trunc date_part extract age make_interval
   gen_random_uuid random md5 lower upper initcap length char_length character_length octet_length btrim ltrim rtrim
   left right substr substring position starts_with split_part abs ceil ceiling floor round trunc mod sign
   array_length cardinality jsonb_typeof json_typeof jsonb_array_length num_nonnulls num_nulls isfinite`.split(
    /\s+/,
  ),
);

/** Types of pg_catalog that an expression may cast to: those whose input functions do not look up other objects. */
const TYPES: ReadonlySet<string> = new Set(
  `bool int2 int4 int8 integer smallint bigint numeric decimal float4 float8 money text varchar bpchar char name uuid
   date time timetz timestamp timestamptz interval json jsonb bytea inet cidr macaddr macaddr8 bit varbit boolean
   point line lseg box path polygon circle int4range int8range numrange tsrange tstzrange daterange`.split(
    /\s+/,
  ),
);

/** Without regular expressions, whose time is not bounded by the length of their arguments. */
const OPERATORS: ReadonlySet<string> = new Set(
  "= <> < <= > >= + - * / % || ~~ !~~ BETWEEN".split(" "),
);

const OPERATOR_KINDS: ReadonlySet<unknown> = new Set(
  `AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_IN AEXPR_LIKE
   AEXPR_BETWEEN`.split(/\s+/),
);

const INDEX_METHODS: ReadonlySet<unknown> = new Set([
  "btree",
  "hash",
  "gist",
  "gin",
  "spgist",
  "brin",
]);

/** Types whose values are padded to the type's length. */
const PADDED: ReadonlySet<string> = new Set(["bpchar", "bit"]);

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

const INDEX_ELEMENT: Readonly<Record<string, Check>> = {
  name: anything,
  expr: node,
  collation,
  opclass: (value) => namesOf(value) !== undefined,
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

const PARTITION_ELEMENT: Readonly<Record<string, Check>> = {
  name: anything,
  expr: node,
  collation,
  opclass: (value) => namesOf(value) !== undefined,
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
  if (text.length > MAX_EXPRESSION_CHARACTERS) {
    return false;
  }
  const parsed = await parseExpression(text);
  return parsed !== undefined && guarded(() => isAllowedNode(parsed));
}

/** Whether the text is the name of a type and nothing else. The rehearsal's server decides which type that is. */
export async function isAllowedType(text: string): Promise<boolean> {
  const parsed = text.length > MAX_EXPRESSION_CHARACTERS ? undefined : await parseType(text);
  return parsed !== undefined && isTypeName(parsed);
}

/** Whether the text is one CREATE INDEX on that table, with columns and allowed expressions. */
export async function isAllowedIndex(text: string, table: QualifiedName): Promise<boolean> {
  const index = (await parseBounded(text))?.["IndexStmt"] as
    { readonly relation: { readonly schemaname?: string; readonly relname: string } } | undefined;
  return (
    index?.relation.schemaname === table.schema &&
    index.relation.relname === table.name &&
    guarded(() => has(index, INDEX))
  );
}

/** Whether the text is what follows PARTITION BY, with columns and allowed expressions. */
export async function isAllowedPartitionKey(text: string): Promise<boolean> {
  const create = (await parseBounded(`CREATE TABLE t () PARTITION BY ${text}`))?.["CreateStmt"];
  const { partspec, ...rest } = (create ?? {}) as ParsedNode;
  const plain = ["relation", "oncommit"];
  return (
    partspec !== undefined &&
    Object.keys(rest).every((field) => plain.includes(field)) &&
    guarded(() => has(partspec, PARTITION_KEY))
  );
}

/** Whether the text is a partition's bound and nothing else: what follows its name in ATTACH PARTITION. */
export async function isAllowedBound(text: string): Promise<boolean> {
  const alter = (await parseBounded(`ALTER TABLE t ATTACH PARTITION p ${text}`))?.[
    "AlterTableStmt"
  ];
  const [first, ...more] = ((alter as ParsedNode | undefined)?.["cmds"] ?? []) as readonly {
    readonly AlterTableCmd: { readonly def?: { readonly PartitionCmd?: ParsedNode } };
  }[];
  const bound = first?.AlterTableCmd.def?.PartitionCmd?.["bound"];
  return bound !== undefined && more.length === 0 && guarded(() => has(bound, PARTITION_BOUND));
}

/** Whether the text is a foreign key's definition: it consists of names and of SQL's own words. */
export async function isAllowedForeignKey(text: string): Promise<boolean> {
  const alter = (await parseBounded(`ALTER TABLE t ADD CONSTRAINT k ${text}`))?.["AlterTableStmt"];
  const [first, ...more] = ((alter as ParsedNode | undefined)?.["cmds"] ?? []) as readonly {
    readonly AlterTableCmd: { readonly def?: { readonly Constraint?: ParsedNode } };
  }[];
  const { contype } = first?.AlterTableCmd.def?.Constraint ?? {};
  return contype === "CONSTR_FOREIGN" && more.length === 0;
}

async function parseBounded(text: string): Promise<ParsedNode | undefined> {
  return text.length > MAX_EXPRESSION_CHARACTERS ? undefined : await parseStatement(text);
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

/** The first number in the type's parentheses, or 0; undefined where there is something else than numbers. */
function typeSize(typmods: unknown): number | undefined {
  const numbers = ((typmods ?? []) as readonly ParsedNode[]).map((one) => {
    const constant = one["A_Const"] as { readonly ival?: { readonly ival?: number } } | undefined;
    return constant?.ival === undefined ? undefined : (constant.ival.ival ?? 0);
  });
  return numbers.includes(undefined) ? undefined : (numbers[0] ?? 0);
}

/** The last part of a name without a schema, or with pg_catalog as its schema. */
function catalogName(value: unknown): string | undefined {
  const names = namesOf(value);
  return names?.length === 1 || names?.[0] === "pg_catalog" ? names.at(-1) : undefined;
}

/** The one or two names of a list; undefined for any other value. */
function namesOf(value: unknown): readonly string[] | undefined {
  const names = (Array.isArray(value) ? value : []).map(
    (one: { readonly String?: { readonly sval?: string } }) => one.String?.sval,
  );
  return (names.length === 1 || names.length === 2) && !names.includes(undefined)
    ? (names as readonly string[])
    : undefined;
}

/** Whether the check passes; false where the expression is nested too deeply for this process's stack. */
function guarded(isAllowed: () => boolean): boolean {
  try {
    return isAllowed();
  } catch (error) {
    if (error instanceof RangeError) {
      return false;
    }
    throw error;
  }
}
