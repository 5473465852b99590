import { Redaction, secretsIn, withoutSecrets } from "../../../runner/base/redaction";

describe("redaction", () => {
  it("removes secrets, also in the spelling of a URL, JSON or SQL", () => {
    const redaction = new Redaction();
    redaction.add([`p@ss'w"rd`]);
    expect(redaction.redact(`p@ss'w"rd`)).toBe("[secret]");
    expect(redaction.redact("postgres://u:p%40ss'w%22rd@h/d")).toBe("postgres://u:[secret]@h/d");
    expect(redaction.redact(JSON.stringify({ a: `p@ss'w"rd` }))).toBe('{"a":"[secret]"}');
    expect(redaction.redact(`PASSWORD 'p@ss''w"rd'`)).toBe("PASSWORD '[secret]'");
  });

  it("removes the longest secrets first, and its parent's secrets", () => {
    const parent = new Redaction();
    parent.add(["secret"]);
    const redaction = new Redaction(parent);
    redaction.add(["topsecretword"]);
    expect(redaction.redact("topsecretword and secret")).toBe("[secret] and [secret]");
  });

  it("shows hidden characters, and removes a secret that has one", () => {
    const redaction = new Redaction();
    redaction.add(["\u202esecret", "a.+b(["]);
    expect(redaction.redact("a \u202esecret, \u001b[2Jb, a.+b([ and aaab")).toBe(
      "a [secret], [U+001B][2Jb, [secret] and aaab",
    );
  });

  it("keeps texts of fewer than four characters, which are parts of words", () => {
    const redaction = new Redaction();
    redaction.add(["a", "on", "off"]);
    expect(redaction.redact("turned on or off")).toBe("turned on or off");
  });
});

describe("SQL in a message", () => {
  it.each([
    ["CREATE ROLE r PASSWORD 'hunter2'", "CREATE ROLE r PASSWORD '[secret]'"],
    ["CREATE USER r PASSWORD E'hunter2'", "CREATE USER r PASSWORD E'[secret]'"],
    ["ALTER ROLE r ENCRYPTED PASSWORD\n 'it''s'", "ALTER ROLE r ENCRYPTED PASSWORD\n '[secret]'"],
    ["ALTER ROLE r PASSWORD -- new\n$a$bcde$a$", "ALTER ROLE r PASSWORD -- new\n$a$[secret]$a$"],
    ["ALTER ROLE r PASSWORD 'hunter2", "ALTER ROLE r PASSWORD '[secret]"],
    ["ALTER ROLE r PASSWORD hunter2;", "ALTER ROLE r PASSWORD [secret];"],
    ["EXECUTE 'ALTER ROLE r PASSWORD ''hunter2'''", "EXECUTE 'ALTER ROLE r PASSWORD ''[secret]'''"],
    [`OPTIONS (user 'u', "password" 'hunter2')`, `OPTIONS (user 'u', "password" '[secret]')`],
    ["OPTIONS (SET api_key 'hunter2')", "OPTIONS (SET api_key '[secret]')"],
    ["UPDATE login SET password = 'hunter2'", "UPDATE login SET password = '[secret]'"],
    ["dblink('host=h password=hunter2 port=1')", "dblink('host=h password=[secret] port=1')"],
    ["dblink('host=h password=''hunter 2''')", "dblink('host=h password=''[secret]''')"],
    ["SELECT 'postgresql://u:hunter2@h/d'", "SELECT 'postgresql://u:[secret]@h/d'"],
  ])("is shown without its password, key or connection string: %s", (sql, expected) => {
    expect(withoutSecrets(sql)).toBe(expected);
    expect(withoutSecrets(expected)).toBe(expected);
    expect(secretsIn(sql)).toHaveLength(1);
  });

  it.each([
    "CREATE TABLE login (password text NOT NULL, token text DEFAULT 'x')",
    "ALTER ROLE r PASSWORD NULL",
    "UPDATE login SET password = former, token = 'x' WHERE password <> ''",
    "INSERT INTO t VALUES ('the password', 'b'), ('a password ', 'c')",
    "EXECUTE 'ALTER ROLE r PASSWORD ' || quote_literal(word) || ' LOGIN'",
    "EXECUTE format('ALTER ROLE r PASSWORD %L', word)",
    "dblink(format('host=h password=%s', word))",
    "postgresql://LOGIN:PASSWORD@HOST:PORT/DATABASE",
    "SELECT 'postgresql://h:5432/d'",
    "Set the password's verifier, not the user's password in the file",
  ])("is shown unchanged without a secret: %s", (sql) => {
    expect(withoutSecrets(sql)).toBe(sql);
    expect(secretsIn(sql)).toEqual([]);
  });

  it("is shown without the words of a secret in its source", () => {
    const source = "CREATE ROLE r PASSWORD 'hunter2\nand more'";
    expect(withoutSecrets('syntax error at or near "hunter2"', source)).toBe(
      'syntax error at or near "[secret]"',
    );
    expect(withoutSecrets("  and more'", source)).toBe("  [secret]'");
  });
});
