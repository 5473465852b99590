import { escapeIdentifier, escapeLiteral } from "pg";
import { commentText } from "./column";
import {
  changedNames,
  entryOf,
  manual,
  PHASES,
  quoteQualified,
  splitMember,
  statementFor,
  type Repair,
  type RepairContext,
} from "./context";

const ENABLE: Readonly<Record<string, string>> = {
  O: "ENABLE",
  D: "DISABLE",
  R: "ENABLE REPLICA",
  A: "ENABLE ALWAYS",
};

/** A trigger, rule or policy: what is not the directive's is taken away, what is missing made by its own statement. */
export function repairAttached(context: RepairContext, object: string, kind: string): Repair {
  const word = object.slice(0, object.indexOf(" "));
  const [relation, name] = splitMember(object.slice(word.length + 1));
  const drop = `DROP ${word.toUpperCase()} ${escapeIdentifier(name)} ON ${quoteQualified(relation)}`;
  if (kind === "unexpected") {
    return { how: "plan", sql: [drop], phase: PHASES.trigger };
  }
  const create = statementFor(context, object);
  if (kind === "missing") {
    return create === undefined
      ? manual([], "no statement of the directives creates it")
      : { how: "additive", sql: [create], phase: PHASES.trigger };
  }
  const expected = entryOf(context.expected, object);
  const changed = changedNames(expected, entryOf(context.live, object));
  if (changed.join() === "enabled") {
    const action = ENABLE[String(expected["enabled"])] ?? "ENABLE";
    return {
      how: "plan",
      sql: [
        `ALTER TABLE ${quoteQualified(relation)} ${action} ${word.toUpperCase()} ${escapeIdentifier(name)}`,
      ],
      phase: PHASES.trigger,
    };
  }
  if (changed.join() === "comment") {
    return {
      how: "plan",
      sql: [
        `COMMENT ON ${word.toUpperCase()} ${escapeIdentifier(name)} ON ${quoteQualified(relation)} IS ${commentText(expected)}`,
      ],
      phase: PHASES.comment,
    };
  }
  return create === undefined
    ? manual([drop], "no statement of the directives creates it")
    : { how: "plan", sql: [drop, create], phase: PHASES.trigger };
}

/** Extended statistics and publications: never the directive's. */
export function repairMention(object: string): Repair {
  const statistics = /^statistics ([^.]+)\.(.*) on (.*)$/.exec(object);
  if (statistics !== null) {
    const [, schema = "", name = ""] = statistics;
    return {
      how: "plan",
      sql: [`DROP STATISTICS ${quoteQualified(`${schema}.${name}`)}`],
      phase: PHASES.setting,
    };
  }
  const published = /^publication (.*) of schema (.*)$/.exec(object);
  if (published !== null) {
    const [, name = "", schema = ""] = published;
    return {
      how: "plan",
      sql: [
        `ALTER PUBLICATION ${escapeIdentifier(name)} DROP TABLES IN SCHEMA ${escapeIdentifier(schema)}`,
      ],
      phase: PHASES.setting,
    };
  }
  const [, name = "", relation = ""] = /^publication (.*) of (.*)$/.exec(object) ?? [];
  return {
    how: "plan",
    sql: [`ALTER PUBLICATION ${escapeIdentifier(name)} DROP TABLE ${quoteQualified(relation)}`],
    phase: PHASES.setting,
  };
}

/** A function: put back from the definition that is expected, which replaces what stands. */
export function repairFunction(context: RepairContext, object: string, kind: string): Repair {
  const [, name = "", parameters = ""] = /^function ([^(]+)\((.*)\)$/s.exec(object) ?? [];
  const quoted = `${quoteQualified(name)}(${parameters})`;
  if (kind === "unexpected") {
    return { how: "plan", sql: [`DROP FUNCTION ${quoted}`], phase: PHASES.function };
  }
  const expected = entryOf(context.expected, object);
  const changed =
    kind === "missing" ? ["definition"] : changedNames(expected, entryOf(context.live, object));
  const sql = [
    ...(changed.includes("owner")
      ? [`ALTER FUNCTION ${quoted} OWNER TO ${escapeIdentifier(context.owner)}`]
      : []),
    ...(changed.includes("definition") ? [String(expected["definition"]).trim()] : []),
    ...(kind === "missing" ? [`REVOKE ALL PRIVILEGES ON FUNCTION ${quoted} FROM PUBLIC`] : []),
    ...(changed.includes("comment")
      ? [
          `COMMENT ON FUNCTION ${quoted} IS ${typeof expected["comment"] === "string" ? escapeLiteral(expected["comment"]) : "NULL"}`,
        ]
      : []),
  ];
  return { how: kind === "missing" ? "additive" : "plan", sql, phase: PHASES.function };
}
