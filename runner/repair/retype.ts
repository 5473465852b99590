import { escapeIdentifier } from "pg";

const TEXT = /^(text|character varying(\(\d+\))?|character\(\d+\)|name|citext)$/;
const INTEGERS = ["smallint", "integer", "bigint"];

/**
 * The USING clause with which a column's values go from one type to another without a value being lost: empty where
 * PostgreSQL's assignment cast does it and refuses what does not fit; undefined where a value could be lost in silence.
 *
 * A cast in USING is explicit, and an explicit cast to character varying(10) cuts; the assignment cast refuses.
 */
export function losslessUsing(from: string, to: string, column: string): string | undefined {
  const [fromItem, toItem] = [from, to].map((type) => type.replace(/\[\]$/, ""));
  const isArray = from.endsWith("[]");
  if (isArray !== to.endsWith("[]")) {
    return undefined;
  }
  if (fromItem === toItem || (isText(fromItem) && isText(toItem))) {
    return "";
  }
  if (isInteger(fromItem) && isInteger(toItem)) {
    return "";
  }
  if (fromItem === "date" && toItem === "timestamp without time zone") {
    return "";
  }
  // Whatever text does not read as the type is refused.
  const reads = ["integer", "jsonb", "uuid", "boolean", "date", "timestamp without time zone"];
  return isText(fromItem) && reads.includes(toItem ?? "") && fromItem !== "character(1)"
    ? ` USING ${escapeIdentifier(column)}::${to}`
    : undefined;
}

function isText(type: string | undefined): boolean {
  return TEXT.test(type ?? "");
}

function isInteger(type: string | undefined): boolean {
  return INTEGERS.includes(type ?? "");
}
