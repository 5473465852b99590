import { isMapping, type YamlPath, type YamlText } from "../base/yamlText";
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
const MAX_NAME_BYTES = 63;

/**
 * Notes whatever of the file is not an access matrix, each fault at its place. Where it notes nothing, it is an AccessFile.
 *
 * @param earlier the roles of the directives before, each with its directive: it grants to them, and names none anew
 */
export function checkAccessFile(yaml: YamlText, earlier: ReadonlyMap<string, string>): void {
  const root = mapping(yaml, [], yaml.value, "the top");
  if (root === undefined) {
    return;
  }
  refuseOtherKeys(
    yaml,
    [],
    root,
    [...["roles", "schemas", "tables", "archives"], ...Object.keys(OBJECT_SECTIONS)],
    "the top",
  );
  const roles = entries(yaml, root, "roles");
  for (const [role, purpose] of roles) {
    if (!isRoleName(role)) {
      yaml.refuse(["roles", role], `the role "${role}", which cannot be a group role of ours`);
    }
    if (typeof purpose !== "string") {
      yaml.refuse(["roles", role], `the role "${role}", without a text that says what it is for`);
    }
    const directive = earlier.get(role);
    if (directive !== undefined) {
      yaml.refuse(
        ["roles", role],
        `the role "${role}", which sql/${directive}/access.yaml names already: grant to it, and leave it out here`,
      );
    }
  }
  const names = [...earlier.keys(), ...roles.map(([role]) => role)];
  for (const [schema, grantees] of entries(yaml, root, "schemas")) {
    checkName(yaml, ["schemas", schema], schema);
    checkGrantees(yaml, ["schemas", schema], grantees, names, "schema");
  }
  for (const [table, entry] of entries(yaml, root, "tables")) {
    checkTable(yaml, table, entry, names);
  }
  for (const [section, kind] of Object.entries(OBJECT_SECTIONS)) {
    for (const [name, entry] of root[section] === undefined ? [] : entries(yaml, root, section)) {
      checkObject(yaml, [section, name], entry, names, kind);
    }
  }
  if (root["archives"] !== undefined) {
    checkGrantees(yaml, ["archives"], root["archives"], names, "archive");
  }
}

function checkGrantees(
  yaml: YamlText,
  path: YamlPath,
  value: unknown,
  roles: readonly string[],
  kind: Exclude<keyof typeof PRIVILEGES, "table" | "column">,
): void {
  const grantees = mapping(yaml, path, value, `"${String(path.at(-1))}"`) ?? {};
  for (const [role, words] of Object.entries(grantees)) {
    checkRole(yaml, [...path, role], role, roles);
    if (names(yaml, [...path, role], words, `the privileges of "${role}"`)) {
      for (const [index, word] of words.entries()) {
        checkPrivilege(yaml, [...path, role, index], word, kind);
      }
    }
  }
}

function checkObject(
  yaml: YamlText,
  path: readonly [section: string, name: string],
  value: unknown,
  roles: readonly string[],
  kind: (typeof OBJECT_SECTIONS)[keyof typeof OBJECT_SECTIONS],
): void {
  const [, name] = path;
  const [form, named] =
    kind === "function"
      ? [ROUTINE_NAME, "schema.function(types of the arguments), as lock.json names it"]
      : [OBJECT_NAME, `schema.${kind}`];
  if (!form.test(name)) {
    yaml.refuse(path, `the ${kind} "${name}", which is not ${named}`);
  }
  const { amendment, ...grantees } = mapping(yaml, path, value, `the ${kind} "${name}"`) ?? {};
  checkAmendment(yaml, path, amendment);
  checkGrantees(yaml, path, grantees, roles, kind);
}

function checkAmendment(yaml: YamlText, path: YamlPath, amendment: unknown): void {
  if (amendment !== undefined && typeof amendment !== "string") {
    yaml.refuse(
      [...path, "amendment"],
      `the amendment of "${String(path.at(-1))}", which is not an id`,
    );
  }
}

function checkTable(yaml: YamlText, table: string, value: unknown, roles: readonly string[]): void {
  const path = ["tables", table];
  if (!OBJECT_NAME.test(table)) {
    yaml.refuse(path, `the table "${table}", which is not schema.table`);
  }
  table.split(".").forEach((part) => {
    checkName(yaml, path, part);
  });
  const entry = mapping(yaml, path, value, `the table "${table}"`) ?? {};
  const { columns = {}, amendment, ...grantees } = entry;
  checkAmendment(yaml, path, amendment);
  const groups = mapping(yaml, [...path, "columns"], columns, `the columns of "${table}"`) ?? {};
  for (const [group, list] of Object.entries(groups)) {
    names(yaml, [...path, "columns", group], list, `the group "${group}" of "${table}"`);
    if (group === "all") {
      yaml.refuse([...path, "columns", group], 'the group "all", which is the whole table');
    }
  }
  for (const [role, privileges] of Object.entries(grantees)) {
    checkRole(yaml, [...path, role], role, roles);
    const on = mapping(yaml, [...path, role], privileges, `"${role}" of "${table}"`) ?? {};
    for (const [word, what] of Object.entries(on)) {
      const at = [...path, role, word];
      checkPrivilege(yaml, at, word, what === "all" ? "table" : "column");
      if (what !== "all") {
        checkGroups(yaml, at, what, groups, table);
      }
    }
  }
}

function checkGroups(
  yaml: YamlText,
  path: YamlPath,
  value: unknown,
  groups: Mapping,
  table: string,
): void {
  const list = typeof value === "string" ? [value] : value;
  if (names(yaml, path, list, `what "${String(path.at(-1))}" is for`)) {
    for (const group of list.filter((one) => !Object.hasOwn(groups, one))) {
      yaml.refuse(path, `the group "${group}" of "${table}", which \`columns\` does not name`);
    }
  }
}

function checkRole(yaml: YamlText, path: YamlPath, role: string, roles: readonly string[]): void {
  if (!roles.includes(role)) {
    yaml.refuse(path, `the role "${role}", which \`roles\` does not name`);
  }
}

function checkPrivilege(
  yaml: YamlText,
  path: YamlPath,
  word: string,
  kind: keyof typeof PRIVILEGES,
): void {
  const known: readonly string[] = PRIVILEGES[kind];
  if (!known.includes(word)) {
    yaml.refuse(
      path,
      `the privilege "${word}" on ${kind === "archive" ? "an" : "a"} ${kind}, expected ${known.join(", ")}`,
    );
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
  return name.trim() === name && name !== "" && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

function checkName(yaml: YamlText, path: YamlPath, name: string): void {
  if (!isName(name)) {
    yaml.refuse(path, `"${name}", expected a name of at most ${String(MAX_NAME_BYTES)} bytes`);
  }
}

/** A list of names, with at least one. */
function names(
  yaml: YamlText,
  path: YamlPath,
  value: unknown,
  what: string,
): value is readonly string[] {
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one: unknown) => typeof one === "string" && isName(one));
  if (!isList) {
    yaml.refuse(path, `${what}, expected a list of names`);
  }
  return isList;
}

function entries(yaml: YamlText, root: Mapping, key: string): [string, unknown][] {
  return Object.entries(mapping(yaml, [key], root[key], `\`${key}\``) ?? {});
}

function mapping(
  yaml: YamlText,
  path: YamlPath,
  value: unknown,
  what: string,
): Mapping | undefined {
  if (isMapping(value)) {
    return value;
  }
  yaml.refuse(path, `${what}, which is not a mapping`);
  return undefined;
}
