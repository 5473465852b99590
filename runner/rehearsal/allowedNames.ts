// What an expression of the target may consist of. Everything else is left out of a rehearsal.

/**
 * Functions of pg_catalog that read no file and no other row, change nothing, and whose results are about as large as their
 * arguments. Expressions with any other function are left out of a rehearsal.
 */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  `now transaction_timestamp statement_timestamp clock_timestamp timezone date_trunc date_part extract age make_interval
   gen_random_uuid random md5 lower upper initcap length char_length character_length octet_length btrim ltrim rtrim
   left right substr substring position starts_with split_part abs ceil ceiling floor round trunc mod sign
   array_length cardinality jsonb_typeof json_typeof jsonb_array_length num_nonnulls num_nulls isfinite`.split(
    /\s+/,
  ),
);

/** Types of pg_catalog that an expression may cast to: those whose input functions do not look up other objects. */
export const TYPES: ReadonlySet<string> = new Set(
  `bool int2 int4 int8 integer smallint bigint numeric decimal float4 float8 money text varchar bpchar char name uuid
   date time timetz timestamp timestamptz interval json jsonb bytea inet cidr macaddr macaddr8 bit varbit boolean
   point line lseg box path polygon circle int4range int8range numrange tsrange tstzrange daterange`.split(
    /\s+/,
  ),
);

/** Without regular expressions, whose time is not bounded by the length of their arguments. */
export const OPERATORS: ReadonlySet<string> = new Set(
  "= <> < <= > >= + - * / % || ~~ !~~ BETWEEN".split(" "),
);

export const OPERATOR_KINDS: ReadonlySet<unknown> = new Set(
  `AEXPR_OP AEXPR_OP_ANY AEXPR_OP_ALL AEXPR_DISTINCT AEXPR_NOT_DISTINCT AEXPR_NULLIF AEXPR_IN AEXPR_LIKE
   AEXPR_BETWEEN`.split(/\s+/),
);

export const INDEX_METHODS: ReadonlySet<unknown> = new Set([
  "btree",
  "hash",
  "gist",
  "gin",
  "spgist",
  "brin",
]);

/** Types whose values are padded to the type's length. */
export const PADDED: ReadonlySet<string> = new Set(["bpchar", "bit"]);
