import { COLUMN } from "./column";
import { CONSTRAINT } from "./constraint";
import { DATABASE, EXTENSION, LANGUAGE, SCHEMA } from "./database";
import { DEFAULT_PRIVILEGES } from "./defaultPrivileges";
import { FOREIGN_DATA_WRAPPER, FOREIGN_SERVER, USER_MAPPING } from "./foreign";
import { INDEX } from "./indexes";
import type { Kind } from "./kind";
import { OF_OTHERS } from "./ofOthers";
import { CAST, OPERATOR, OPERATOR_CLASS, OPERATOR_FAMILY } from "./operators";
import { POLICY } from "./policy";
import { PUBLICATION, PUBLISHED_SCHEMA, PUBLISHED_TABLE } from "./publication";
import { MEMBERSHIP, SERVER_ROLE, SETTINGS } from "./role";
import { AGGREGATE, FUNCTION, PROCEDURE } from "./routine";
import { SEQUENCE } from "./sequence";
import { STATISTICS } from "./statistics";
import { FOREIGN_TABLE, TABLE } from "./table";
import { COLLATION, TEXT_SEARCH_CONFIGURATION, TEXT_SEARCH_DICTIONARY } from "./texts";
import { EVENT_TRIGGER, RULE, TRIGGER } from "./trigger";
import { COMPOSITE_TYPE, DOMAIN, ENUM, LABEL, RANGE_TYPE } from "./types";
import { MATERIALIZED_VIEW, VIEW } from "./view";

/** Every kind of object, in the order in which objects can be created; they are dropped in the opposite order. */
export const KINDS: readonly Kind[] = [
  ...[SERVER_ROLE, MEMBERSHIP, DATABASE, SETTINGS, SCHEMA, DEFAULT_PRIVILEGES, EXTENSION, LANGUAGE],
  ...[COLLATION, TEXT_SEARCH_DICTIONARY, TEXT_SEARCH_CONFIGURATION],
  ...[ENUM, LABEL, DOMAIN, COMPOSITE_TYPE, RANGE_TYPE],
  ...[FUNCTION, PROCEDURE, AGGREGATE, CAST, OPERATOR, OPERATOR_FAMILY, OPERATOR_CLASS],
  ...[FOREIGN_DATA_WRAPPER, FOREIGN_SERVER, USER_MAPPING],
  ...[SEQUENCE, TABLE, FOREIGN_TABLE, COLUMN, CONSTRAINT, STATISTICS, INDEX],
  ...[MATERIALIZED_VIEW, VIEW, PUBLICATION, PUBLISHED_TABLE, PUBLISHED_SCHEMA],
  ...[EVENT_TRIGGER, TRIGGER, POLICY, RULE, ...OF_OTHERS],
];

const BY_NAME: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [kind.kind, kind]));

/** The descriptor of that name. */
export function kindOf(name: string): Kind {
  const kind = BY_NAME.get(name);
  if (kind === undefined) {
    throw new Error(`no kind of object is named "${name}"`);
  }
  return kind;
}

/** The kind's place in the order of dropping: the smaller is dropped first. */
export function dropRank(name: string): number {
  return -KINDS.indexOf(kindOf(name));
}
