import { quoteId, type Kind } from "./kind";
import { ATOMS, IN_SCHEMA, OPTIONAL_COLUMN } from "./sql";

/** Collations, without the version of the library, which depends on the server. */
export const COLLATION: Kind = {
  kind: "collation",
  read: {
    catalog: "pg_collation",
    from: IN_SCHEMA("pg_collation", "c", "collnamespace"),
    oid: "c.oid",
    schema: "n.schema",
    name: "c.collname",
    owner: "c.collowner",
    properties: {
      provider: "c.collprovider::text",
      locale: `coalesce(${["colllocale", "colliculocale", "collcollate"].map((one) => OPTIONAL_COLUMN("c", one)).join(", ")})`,
      characterType: OPTIONAL_COLUMN("c", "collctype"),
      nondeterministic: "NOT c.collisdeterministic",
      rules: OPTIONAL_COLUMN("c", "collicurules"),
    },
  },
  reference: (id) => `COLLATION ${quoteId(id)}`,
};

export const TEXT_SEARCH_CONFIGURATION: Kind = {
  kind: "text search configuration",
  read: {
    catalog: "pg_ts_config",
    from: IN_SCHEMA("pg_ts_config", "c", "cfgnamespace"),
    oid: "c.oid",
    schema: "n.schema",
    name: "c.cfgname",
    owner: "c.cfgowner",
    properties: {
      parser:
        "(SELECT s.nspname || '.' || p.prsname FROM pg_ts_parser p JOIN pg_namespace s ON s.oid = p.prsnamespace WHERE p.oid = c.cfgparser)",
      mappings: ATOMS(
        "pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype WHERE m.mapcfg = c.oid",
        "t.alias || ' ' || m.mapseqno || ' ' || m.mapdict::regdictionary",
      ),
    },
  },
  covers: ["pg_ts_config_map"],
  reference: (id) => `TEXT SEARCH CONFIGURATION ${quoteId(id)}`,
};

export const TEXT_SEARCH_DICTIONARY: Kind = {
  kind: "text search dictionary",
  read: {
    catalog: "pg_ts_dict",
    from: IN_SCHEMA("pg_ts_dict", "d", "dictnamespace"),
    oid: "d.oid",
    schema: "n.schema",
    name: "d.dictname",
    owner: "d.dictowner",
    properties: {
      template:
        "(SELECT s.nspname || '.' || t.tmplname FROM pg_ts_template t JOIN pg_namespace s ON s.oid = t.tmplnamespace WHERE t.oid = d.dicttemplate)",
      settings: "d.dictinitoption",
    },
  },
  reference: (id) => `TEXT SEARCH DICTIONARY ${quoteId(id)}`,
};
