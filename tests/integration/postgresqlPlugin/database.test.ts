import { LOGINS, managed, MAJORS, Setting, uniqueName } from "./setting";

jest.setTimeout(120_000);

describe.each(MAJORS)("Database on PostgreSQL %i", (major) => {
  const setting = new Setting();
  beforeAll(async () => {
    await setting.start(major);
    // The stand-in marks what it makes as unprotected, which only a superuser or one so allowed may do.
    await setting.sql.query(`GRANT SET ON PARAMETER "v7.unprotected" TO postgres`);
  });
  afterAll(() => setting.stop());

  const row = (name: string) =>
    setting.value(
      `SELECT format('%s %s %s %s', datdba::regrole, datconnlimit, pg_encoding_to_char(encoding), datcollate)
         FROM pg_database WHERE datname = $1`,
      [name],
    );

  it.each(LOGINS)("lives as %s: made, unchanged, changed, renamed, dropped", async (login) => {
    const plugin = await setting.plugin(login);
    const owner = uniqueName("owner");
    await managed(plugin, "Role").up({ name: owner });
    const database = managed(plugin, "Database");
    const name = uniqueName("database");

    expect(await database.up({ name, owner })).toBe("create");
    expect(database.id).toBe(name);
    expect(await row(name)).toBe(`${owner} -1 UTF8 C`);
    expect(await database.refresh()).toEqual([]);
    expect(await database.up({ name, owner })).toBe("same");

    expect(await database.up({ name, owner, connectionLimit: 3 })).toBe("update");
    expect(await row(name)).toBe(`${owner} 3 UTF8 C`);
    await setting.sql.query(`ALTER DATABASE ${name} CONNECTION LIMIT 7`);
    expect(await database.refresh()).toEqual(["connectionLimit"]);
    const renamed = `${name}_2`;
    expect(await database.up({ name: renamed, owner, connectionLimit: 3 })).toBe("update");
    expect(await row(renamed)).toBe(`${owner} 3 UTF8 C`);
    await database.destroy();
    expect(await row(renamed)).toBeUndefined();
  });

  it.each(LOGINS)("holds grants and schemas of its own as %s", async (login) => {
    const plugin = await setting.plugin(login);
    const role = uniqueName("grantee");
    await managed(plugin, "Role").up({ name: role });
    const database = managed(plugin, "Database");
    const name = uniqueName("other");
    await database.up({ name });
    const schema = managed(plugin, "Schema");
    await schema.up({ name: "inside", database: name });
    const grant = managed(plugin, "Grant");
    const wanted = { role, schema: "inside", objectType: "schema", privileges: ["USAGE"] };
    await grant.up({ ...wanted, database: name });
    expect(await schema.refresh()).toEqual([]);
    expect(await grant.refresh()).toEqual([]);
    await setting.sql.query(`DROP DATABASE ${name} WITH (FORCE)`);
    expect([await grant.refresh(), await schema.refresh(), await database.refresh()]).toEqual([
      "gone",
      "gone",
      "gone",
    ]);
  });

  it("is dropped under those who are in it", async () => {
    const database = managed(await setting.plugin("superuser"), "Database");
    const name = uniqueName("busy");
    await database.up({ name, isTemplate: true });
    await database.destroy();
    expect(await row(name)).toBeUndefined();
  });
});
