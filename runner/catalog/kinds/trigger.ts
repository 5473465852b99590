import { escapeIdentifier } from "pg";
import { quoteOf, type Kind } from "./kind";
import { onRelation } from "./relation";
import { WORD } from "./sql";

const ENABLED = { D: "disabled", R: "replica", A: "always" };

/** Triggers, without the internal ones, which belong to foreign keys. */
export const TRIGGER: Kind = {
  kind: "trigger",
  read: {
    ...onRelation("pg_trigger", "t", "tgrelid"),
    where: "NOT t.tgisinternal",
    name: "t.tgname",
    properties: {
      definition: "pg_get_triggerdef(t.oid, true)",
      enabled: WORD("t.tgenabled", ENABLED),
      inherited: "t.tgparentid <> 0",
    },
  },
  covers: ["pg_constraint"],
  ownedBy: ["inherited"],
  reference: (id) => `TRIGGER ${escapeIdentifier(id.name)} ON ${quoteOf(id)}`,
  isDisposable: true,
  setBack: {
    enabled: (id, value) =>
      `ALTER TABLE ${quoteOf(id)} ${enabledWord(value)} TRIGGER ${escapeIdentifier(id.name)}`,
  },
};

export const EVENT_TRIGGER: Kind = {
  kind: "event trigger",
  read: {
    catalog: "pg_event_trigger",
    from: "pg_event_trigger e",
    oid: "e.oid",
    name: "e.evtname",
    owner: "e.evtowner",
    properties: {
      event: "e.evtevent::text",
      function: "e.evtfoid::regprocedure::text",
      enabled: WORD("e.evtenabled", ENABLED),
      tags: "to_jsonb(e.evttags)",
    },
  },
  reference: (id) => `EVENT TRIGGER ${escapeIdentifier(id.name)}`,
  isDisposable: true,
  setBack: {
    enabled: (id, value) =>
      `ALTER EVENT TRIGGER ${escapeIdentifier(id.name)} ${enabledWord(value)}`,
  },
};

export const RULE: Kind = {
  kind: "rule",
  read: {
    ...onRelation("pg_rewrite", "r", "ev_class"),
    where: "r.rulename <> '_RETURN'",
    name: "r.rulename",
    properties: {
      definition: "pg_get_ruledef(r.oid, true)",
      enabled: WORD("r.ev_enabled", ENABLED),
    },
  },
  reference: (id) => `RULE ${escapeIdentifier(id.name)} ON ${quoteOf(id)}`,
  isDisposable: true,
  setBack: {
    enabled: (id, value) =>
      `ALTER TABLE ${quoteOf(id)} ${enabledWord(value)} RULE ${escapeIdentifier(id.name)}`,
  },
};

function enabledWord(value: unknown): string {
  if (value === "disabled") {
    return "DISABLE";
  }
  return typeof value === "string" ? `ENABLE ${value.toUpperCase()}` : "ENABLE";
}
