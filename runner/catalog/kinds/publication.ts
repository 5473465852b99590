import { escapeIdentifier } from "pg";
import type { ObjectId } from "../../model";
import { entriesOf } from "../propertyValue";
import { quoteId, quoteOf, type Kind } from "./kind";
import { RELATION } from "./relation";
import { toggle } from "./setBack";
import { AMONG, ATOMS, OPTIONAL_COLUMN } from "./sql";

const alter = (id: ObjectId, action: string): string =>
  `ALTER PUBLICATION ${escapeIdentifier(id.name)} ${action}`;

export const PUBLICATION: Kind = {
  kind: "publication",
  read: {
    catalog: "pg_publication",
    from: "pg_publication p",
    oid: "p.oid",
    narrow: "true",
    name: "p.pubname",
    owner: "p.pubowner",
    properties: {
      allTables: "p.puballtables",
      publishes: ATOMS(
        "(VALUES ('insert', p.pubinsert), ('update', p.pubupdate), ('delete', p.pubdelete), ('truncate', p.pubtruncate)) o(word, is_on) WHERE o.is_on",
        "o.word",
      ),
      viaRoot: "p.pubviaroot",
      generatedColumns: `nullif(${OPTIONAL_COLUMN("p", "pubgencols")}, 'n')`,
    },
  },
  reference: (id) => `PUBLICATION ${escapeIdentifier(id.name)}`,
  setBack: {
    publishes: (id, value) => {
      const words = entriesOf(value);
      return words.length === 0 ? null : alter(id, `SET (publish = '${words.join(", ")}')`);
    },
    viaRoot: toggle(
      alter,
      "SET (publish_via_partition_root = true)",
      "SET (publish_via_partition_root = false)",
    ),
  },
};

/** A table in a publication: part of the publication, with the table's name. */
export const PUBLISHED_TABLE: Kind = {
  kind: "published table",
  read: {
    catalog: "pg_publication_rel",
    from: `${RELATION.from} JOIN pg_publication_rel r ON r.prrelid = c.oid`,
    oid: "r.oid",
    schema: "n.schema",
    name: "c.relname",
    of: { catalog: "'pg_publication'", oid: "r.prpubid" },
    comments: "none",
    narrow: AMONG("r.prrelid"),
    among: ["pg_class"],
    properties: {
      where: "pg_get_expr(r.prqual, r.prrelid, true)",
      columns: ATOMS(
        "unnest(r.prattrs) o JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = o",
        "a.attname::text",
      ),
    },
  },
  isDisposable: true,
  drop: (id) => `ALTER PUBLICATION ${quoteOf(id)} DROP TABLE ${quoteId(id)}`,
};

export const PUBLISHED_SCHEMA: Kind = {
  kind: "published schema",
  read: {
    catalog: "pg_publication_namespace",
    from: "pg_publication_namespace r JOIN namespaces n ON n.oid = r.pnnspid",
    oid: "r.oid",
    name: "n.schema",
    of: { catalog: "'pg_publication'", oid: "r.pnpubid" },
    comments: "none",
    narrow: "true",
    properties: {},
  },
  isDisposable: true,
  drop: (id) =>
    `ALTER PUBLICATION ${quoteOf(id)} DROP TABLES IN SCHEMA ${escapeIdentifier(id.name)}`,
};
