import { isMapping, type YamlPath, type YamlText } from "../base/yamlText";
import { isTooLong, MAX_NAME_BYTES } from "../postgres/names";
import { refuseOtherKeys } from "./directiveYaml";

type Mapping = Readonly<Record<string, unknown>>;
type Groups = Readonly<Record<string, readonly string[]>>;

/** A table's entry: beside `columns` and `amendment` each key is a role, with its privileges. */
type TableEntry = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> & {
  readonly columns?: Groups;
  readonly amendment?: string;
};

/** A sequence's, a function's or a type's entry: beside `amendment` each key is a role, with its privileges. */
type ObjectEntry = Readonly<Record<string, readonly string[]>> & { readonly amendment?: string };

/** access.yaml, as it is written. */
export interface AccessFile {
  readonly roles: Readonly<Record<string, string>>;
  readonly schemas: Readonly<Record<string, Groups>>;
  readonly tables: Readonly<Record<string, TableEntry>>;
  readonly sequences?: Readonly<Record<string, ObjectEntry>>;
  readonly functions?: Readonly<Record<string, ObjectEntry>>;
  readonly types?: Readonly<Record<string, ObjectEntry>>;
  readonly archives?: Groups;
}

/**
 * PostgreSQL's words for what may be done with an object, as every supported version knows them.
 * https://www.postgresql.org/docs/15/ddl-priv.html
 */
const PRIVILEGES = {
  schema: ["CREATE", "USAGE"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
  type: ["USAGE"],
  // An archive is read and nothing else: nobody changes what a rollback kept.
  archive: ["SELECT"],
} as const;

/** The sections that grant on whole objects in a schema, and what each is. */
export const OBJECT_SECTIONS = {
  sequences: "sequence",
  functions: "function",
  types: "type",
} as const;

const OBJECT_NAME = /^[^.]+\.[^.]+$/;

/** A routine's name as the server writes it, `total(integer, text)`: GRANT has it as it is, and nothing can follow it. */
const ROUTINE_NAME =
  /^[^.]+\.(?:[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")\((?:[a-z0-9_$ .,[\]]|"(?:[^"]|"")+")*\)$/;

/** In a table's entry these are no roles. */
const OTHER_KEYS = ["columns", "amendment"];

/**
 * Notes whatever of the file is not an access matrix, each fault at its place. Where it notes nothing, it is an AccessFile.
 *
 * @param earlier the roles of the directives before, each with its directive: it grants to them, and names none anew
 */
export function checkAccessFile(yaml: YamlText, earlier: ReadonlyMap<string, string>): void {
  new AccessCheck(yaml, earlier).checkRoot();
}

class AccessCheck {
  /** Those that may be granted to. */
  private roles: readonly string[] = [];

  public constructor(
    private readonly yaml: YamlText,
    private readonly earlier: ReadonlyMap<string, string>,
  ) {}

  public checkRoot(): void {
    const root = this.mapping([], this.yaml.value, "the top");
    if (root === undefined) {
      return;
    }
    const sections = ["roles", "schemas", "tables", "archives", ...Object.keys(OBJECT_SECTIONS)];
    refuseOtherKeys(this.yaml, [], root, sections, "the top");
    const roles = this.entries(root, "roles");
    for (const [role, purpose] of roles) {
      this.checkOwnRole(role, purpose);
    }
    this.roles = [...this.earlier.keys(), ...roles.map(([role]) => role)];
    for (const [schema, grantees] of this.entries(root, "schemas")) {
      this.checkName(["schemas", schema], schema);
      this.checkGrantees(["schemas", schema], grantees, "schema");
    }
    for (const [table, entry] of this.entries(root, "tables")) {
      this.checkTable(table, entry);
    }
    for (const [section, kind] of Object.entries(OBJECT_SECTIONS)) {
      for (const [name, entry] of root[section] === undefined ? [] : this.entries(root, section)) {
        this.checkObject(section, name, entry, kind);
      }
    }
    if (root["archives"] !== undefined) {
      this.checkGrantees(["archives"], root["archives"], "archive");
    }
  }

  private checkOwnRole(role: string, purpose: unknown): void {
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
  }

  private checkGrantees(
    path: YamlPath,
    value: unknown,
    kind: Exclude<keyof typeof PRIVILEGES, "table" | "column">,
  ): void {
    const grantees = this.mapping(path, value, `"${String(path.at(-1))}"`) ?? {};
    for (const [role, words] of Object.entries(grantees)) {
      this.checkRole([...path, role], role);
      if (this.isNames([...path, role], words, `the privileges of "${role}"`)) {
        for (const [index, word] of words.entries()) {
          this.checkPrivilege([...path, role, index], word, kind);
        }
      }
    }
  }

  private checkObject(
    section: string,
    name: string,
    value: unknown,
    kind: (typeof OBJECT_SECTIONS)[keyof typeof OBJECT_SECTIONS],
  ): void {
    const path = [section, name];
    const [form, named] =
      kind === "function"
        ? [ROUTINE_NAME, "schema.function(types of the arguments), as lock.json names it"]
        : [OBJECT_NAME, `schema.${kind}`];
    if (!form.test(name)) {
      this.yaml.refuse(path, `the ${kind} "${name}", which is not ${named}`);
    }
    this.checkGrantees(path, this.withoutAmendment(path, value, `the ${kind} "${name}"`), kind);
  }

  private checkTable(table: string, value: unknown): void {
    const path = ["tables", table];
    if (!OBJECT_NAME.test(table)) {
      this.yaml.refuse(path, `the table "${table}", which is not schema.table`);
    }
    table.split(".").forEach((part) => {
      this.checkName(path, part);
    });
    const entry = this.withoutAmendment(path, value, `the table "${table}"`);
    const { columns = {}, ...grantees } = entry;
    const groups = this.mapping([...path, "columns"], columns, `the columns of "${table}"`) ?? {};
    for (const [group, list] of Object.entries(groups)) {
      this.isNames([...path, "columns", group], list, `the group "${group}" of "${table}"`);
      if (group === "all") {
        this.yaml.refuse([...path, "columns", group], 'the group "all", which is the whole table');
      }
    }
    for (const [role, privileges] of Object.entries(grantees)) {
      this.checkRole([...path, role], role);
      const on = this.mapping([...path, role], privileges, `"${role}" of "${table}"`) ?? {};
      for (const [word, what] of Object.entries(on)) {
        const at = [...path, role, word];
        this.checkPrivilege(at, word, what === "all" ? "table" : "column");
        if (what !== "all") {
          this.checkGroups(at, what, groups, table);
        }
      }
    }
  }

  private checkGroups(path: YamlPath, value: unknown, groups: Mapping, table: string): void {
    const list = typeof value === "string" ? [value] : value;
    if (this.isNames(path, list, `what "${String(path.at(-1))}" is for`)) {
      for (const group of list.filter((one) => !Object.hasOwn(groups, one))) {
        const found = `the group "${group}" of "${table}", which \`columns\` does not name`;
        this.yaml.refuse(path, found);
      }
    }
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

  /** What the entry says besides the amendment that makes its object. */
  private withoutAmendment(path: YamlPath, value: unknown, what: string): Mapping {
    const { amendment, ...rest } = this.mapping(path, value, what) ?? {};
    if (amendment !== undefined && typeof amendment !== "string") {
      const found = `the amendment of "${String(path.at(-1))}", which is not an id`;
      this.yaml.refuse([...path, "amendment"], found);
    }
    return rest;
  }

  /** Whether it is a list of names, with at least one; notes where it is not. */
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

/** PUBLIC is everybody, quoted or not; `none` and what begins with `pg_` are PostgreSQL's own. */
function isRoleName(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    isName(name) && !["public", "none", ...OTHER_KEYS].includes(lower) && !lower.startsWith("pg_")
  );
}

function isName(name: string): boolean {
  return name.trim() === name && name !== "" && !isTooLong(name);
}
