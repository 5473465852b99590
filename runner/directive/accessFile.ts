import { isMapping, type YamlPath, type YamlText } from "../base/yamlText";
import type { AccessGrant, AccessMatrix } from "../model";
import { isTooLong, MAX_NAME_BYTES } from "../postgres/names";
import { refuseOtherKeys } from "./directiveYaml";

type Mapping = Readonly<Record<string, unknown>>;

/**
 * The privileges that access.yaml may grant, in PostgreSQL's words: those that every supported version knows.
 * https://www.postgresql.org/docs/15/ddl-priv.html
 */
const PRIVILEGES = {
  schema: ["CREATE", "USAGE"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
  type: ["USAGE"],
  // Nobody may change the rows that a rollback archived.
  archive: ["SELECT"],
} as const;

/** The sections that grant on whole objects in a schema, each with its kind of object. */
const OBJECT_SECTIONS = {
  sequences: "sequence",
  functions: "function",
  types: "type",
} as const;

const OBJECT_NAME = /^[^.]+\.[^.]+$/;

/**
 * A function's name as the server writes it, `total(integer, text)`. It goes into GRANT unquoted, so that nothing else may
 * follow the closing parenthesis.
 */
const ROUTINE_NAME =
  /^[^.]+\.(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")\((?:[a-z0-9_$ .,[\]]|"(?:[^"]|"")+")*\)$/;

/** Keys of a table's entry that do not name a role. */
const OTHER_KEYS = ["columns", "amendment"];

/**
 * Reads access.yaml, and notes every fault with its place. The result is usable only where no fault was noted.
 *
 * @param earlier the roles of the directives before this one, each with its directive: this file may grant to them, but
 *   must not define them again
 * @param optionalAmendments the chosen ones: a grant on an object that only another amendment makes is left out
 */
export function readAccessFile(
  yaml: YamlText,
  earlier: ReadonlyMap<string, string>,
  optionalAmendments: readonly string[],
): Omit<AccessMatrix, "sha256"> {
  return new AccessReader(yaml, earlier, optionalAmendments).readRoot();
}

class AccessReader {
  /** The roles that may be granted to. */
  private roles: readonly string[] = [];

  public constructor(
    private readonly yaml: YamlText,
    private readonly earlier: ReadonlyMap<string, string>,
    private readonly optionalAmendments: readonly string[],
  ) {}

  public readRoot(): Omit<AccessMatrix, "sha256"> {
    const root = this.mapping([], this.yaml.value, "the top");
    if (root === undefined) {
      return { roles: {}, grants: [] };
    }
    const sections = ["roles", "schemas", "tables", "archives", ...Object.keys(OBJECT_SECTIONS)];
    refuseOtherKeys(this.yaml, [], root, sections, "the top");
    const roles = this.entries(root, "roles").map(([role, purpose]): [string, string] => [
      role,
      this.readPurpose(role, purpose),
    ]);
    this.roles = [...this.earlier.keys(), ...roles.map(([role]) => role)];
    const grants = [
      ...this.entries(root, "schemas").flatMap(([schema, grantees]) => {
        this.checkName(["schemas", schema], schema);
        return this.readGrantees(["schemas", schema], grantees, "schema").map(
          (one): AccessGrant => ({ ...one, objectType: "schema", schema }),
        );
      }),
      ...this.entries(root, "tables").flatMap(([table, entry]) => this.readTable(table, entry)),
      ...Object.entries(OBJECT_SECTIONS).flatMap(([section, kind]) =>
        (root[section] === undefined ? [] : this.entries(root, section)).flatMap(([name, entry]) =>
          this.readObject(section, name, entry, kind),
        ),
      ),
    ];
    const readers = this.readGrantees(["archives"], root["archives"] ?? {}, "archive");
    return {
      roles: Object.fromEntries(roles),
      grants,
      archiveReaders: readers.map(({ role }) => role).sort(),
    };
  }

  private readPurpose(role: string, purpose: unknown): string {
    const refuse = (why: string): void => {
      this.yaml.refuse(["roles", role], `the role "${role}", ${why}`);
    };
    if (!isRoleName(role)) {
      refuse("which cannot be a group role of ours");
    }
    if (typeof purpose !== "string") {
      refuse("without a text that says what it is for");
    }
    const directive = this.earlier.get(role);
    if (directive !== undefined) {
      refuse(
        `which sql/${directive}/access.yaml names already: grant to it, and leave it out here`,
      );
    }
    return String(purpose);
  }

  /** The privileges of each role on a whole object. */
  private readGrantees(
    path: YamlPath,
    value: unknown,
    kind: Exclude<keyof typeof PRIVILEGES, "table" | "column">,
  ): readonly Pick<AccessGrant, "role" | "privileges">[] {
    const grantees = this.mapping(path, value, `"${String(path.at(-1))}"`) ?? {};
    return Object.entries(grantees).flatMap(([role, words]) => {
      const at = [...path, role];
      this.checkRole(at, role);
      if (!this.isNames(at, words, `the privileges of "${role}"`)) {
        return [];
      }
      words.forEach((word, index) => {
        this.checkPrivilege([...at, index], word, kind);
      });
      return [{ role, privileges: [...words].sort() }];
    });
  }

  private readObject(
    section: string,
    name: string,
    value: unknown,
    kind: (typeof OBJECT_SECTIONS)[keyof typeof OBJECT_SECTIONS],
  ): AccessGrant[] {
    const path = [section, name];
    const [form, named] =
      kind === "function"
        ? [ROUTINE_NAME, "schema.function(types of the arguments), as lock.json names it"]
        : [OBJECT_NAME, `schema.${kind}`];
    if (!form.test(name)) {
      this.yaml.refuse(path, `the ${kind} "${name}", which is not ${named}`);
    }
    const { isMade, rest } = this.readAmendment(path, value, `the ${kind} "${name}"`);
    const [schema = "", ...parts] = name.split(".");
    const on = { objectType: kind, schema, object: parts.join(".") };
    const grantees = this.readGrantees(path, rest, kind);
    return isMade ? grantees.map((one) => ({ ...one, ...on })) : [];
  }

  /** One grant a role of its privileges on the whole table; each column privilege in a grant of its own, as the plugin needs it. */
  private readTable(table: string, value: unknown): AccessGrant[] {
    const path = ["tables", table];
    if (!OBJECT_NAME.test(table)) {
      this.yaml.refuse(path, `the table "${table}", which is not schema.table`);
    }
    const [schema = "", object = ""] = table.split(".").map((part) => {
      this.checkName(path, part);
      return part;
    });
    const { isMade, rest } = this.readAmendment(path, value, `the table "${table}"`);
    const { columns = {}, ...grantees } = rest;
    const groups = this.readGroups([...path, "columns"], columns, table);
    const grants = Object.entries(grantees).flatMap(([role, privileges]): AccessGrant[] => {
      const at = [...path, role];
      this.checkRole(at, role);
      const words = Object.entries(this.mapping(at, privileges, `"${role}" of "${table}"`) ?? {});
      for (const [word, what] of words) {
        this.checkPrivilege([...at, word], word, what === "all" ? "table" : "column");
      }
      const whole = words.flatMap(([word, what]) => (what === "all" ? [word] : [])).sort();
      const on = { role, schema, object };
      return [
        ...(whole.length === 0 ? [] : [{ ...on, objectType: "table" as const, privileges: whole }]),
        ...words
          .filter(([, what]) => what !== "all")
          .map(([word, what]) => ({
            ...on,
            objectType: "column" as const,
            columns: this.readColumns([...at, word], what, groups, table),
            privileges: [word],
          })),
      ];
    });
    return isMade ? grants : [];
  }

  /** The groups of a table's columns, by their names. */
  private readGroups(
    path: YamlPath,
    value: unknown,
    table: string,
  ): ReadonlyMap<string, readonly string[]> {
    const groups = this.mapping(path, value, `the columns of "${table}"`) ?? {};
    return new Map(
      Object.entries(groups).map(([group, list]) => {
        const at = [...path, group];
        const isList = this.isNames(at, list, `the group "${group}" of "${table}"`);
        if (group === "all") {
          this.yaml.refuse(at, 'the group "all", which is the whole table');
        }
        return [group, isList ? list : []];
      }),
    );
  }

  private readColumns(
    path: YamlPath,
    value: unknown,
    groups: ReadonlyMap<string, readonly string[]>,
    table: string,
  ): readonly string[] {
    const list = typeof value === "string" ? [value] : value;
    if (!this.isNames(path, list, `what "${String(path.at(-1))}" is for`)) {
      return [];
    }
    return list.flatMap((group) => {
      const columns = groups.get(group);
      if (columns === undefined) {
        const found = `the group "${group}" of "${table}", which \`columns\` does not name`;
        this.yaml.refuse(path, found);
      }
      return columns ?? [];
    });
  }

  private checkRole(path: YamlPath, role: string): void {
    if (!this.roles.includes(role)) {
      this.yaml.refuse(path, `the role "${role}", which \`roles\` does not name`);
    }
  }

  private checkPrivilege(path: YamlPath, word: string, kind: keyof typeof PRIVILEGES): void {
    const known: readonly string[] = PRIVILEGES[kind];
    if (!known.includes(word)) {
      const on = `on ${kind === "archive" ? "an" : "a"} ${kind}`;
      this.yaml.refuse(path, `the privilege "${word}" ${on}, expected ${known.join(", ")}`);
    }
  }

  private checkName(path: YamlPath, name: string): void {
    if (!isName(name)) {
      const expected = `a name of at most ${String(MAX_NAME_BYTES)} bytes`;
      this.yaml.refuse(path, `"${name}", expected ${expected}`);
    }
  }

  /** An entry without its key `amendment`, and whether the object is made: always, or by an amendment that was chosen. */
  private readAmendment(
    path: YamlPath,
    value: unknown,
    what: string,
  ): { readonly rest: Mapping; readonly isMade: boolean } {
    const { amendment, ...rest } = this.mapping(path, value, what) ?? {};
    if (amendment !== undefined && typeof amendment !== "string") {
      const found = `the amendment of "${String(path.at(-1))}", which is not an id`;
      this.yaml.refuse([...path, "amendment"], found);
    }
    const chosen: readonly unknown[] = this.optionalAmendments;
    return { rest, isMade: amendment === undefined || chosen.includes(amendment) };
  }

  /** Whether a value is a list of names, with at least one; notes a fault where it is not. */
  private isNames(path: YamlPath, value: unknown, what: string): value is readonly string[] {
    const isList =
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((one: unknown) => typeof one === "string" && isName(one));
    if (!isList) {
      this.yaml.refuse(path, `${what}, expected a list of names`);
    }
    return isList;
  }

  private entries(root: Mapping, key: string): [string, unknown][] {
    return Object.entries(this.mapping([key], root[key], `\`${key}\``) ?? {});
  }

  private mapping(path: YamlPath, value: unknown, what: string): Mapping | undefined {
    if (isMapping(value)) {
      return value;
    }
    this.yaml.refuse(path, `${what}, which is not a mapping`);
    return undefined;
  }
}

/** PUBLIC stands for every role, quoted or not; PostgreSQL reserves `none` and names that begin with `pg_`. */
function isRoleName(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    isName(name) && !["public", "none", ...OTHER_KEYS].includes(lower) && !lower.startsWith("pg_")
  );
}

function isName(name: string): boolean {
  return name.trim() === name && name !== "" && !isTooLong(name);
}
