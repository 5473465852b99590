import { LOGINS, managed, MAJORS, Setting, uniqueName } from "./setting";

jest.setTimeout(120_000);

describe.each(MAJORS)("PostgreSQL %i", (major) => {
  const setting = new Setting();
  beforeAll(async () => {
    await setting.start(major);
    // The stand-in marks the databases that it makes as unprotected, which only a superuser or one so allowed may do.
    await setting.sql.query(`GRANT SET ON PARAMETER "v7.unprotected" TO postgres`);
  });
  afterAll(() => setting.stop());

  describe("DefaultPrivileges", () => {
    describe.each(LOGINS)("as %s", (login) => {
      it("lives: set, unchanged, changed in place, taken back", async () => {
        const plugin = await setting.plugin(login);
        const role = uniqueName("reader");
        await managed(plugin, "Role").up({ name: role });
        const defaults = managed(plugin, "DefaultPrivileges");
        const program = (privileges: string[]) => ({
          role,
          database: setting.database.name,
          owner: "postgres",
          schema: "public",
          objectType: "table",
          privileges,
        });
        const newTable = async (): Promise<unknown[]> => {
          const table = uniqueName("table");
          await setting.sql.query(`SET ROLE postgres; CREATE TABLE public.${table} (); RESET ROLE`);
          const value = (privilege: string) =>
            setting.value(`SELECT has_table_privilege($1, 'public.${table}', $2)`, [
              role,
              privilege,
            ]);
          return [await value("SELECT"), await value("INSERT")];
        };

        expect(await defaults.up(program(["SELECT"]))).toBe("create");
        expect(defaults.id).toBe(`${role}_${setting.database.name}_public_postgres_table`);
        expect(await newTable()).toEqual([true, false]);
        expect(await defaults.refresh()).toEqual([]);
        expect(await defaults.up(program(["SELECT"]))).toBe("same");
        expect(await defaults.up(program(["INSERT", "SELECT"]))).toBe("update");
        expect(await newTable()).toEqual([true, true]);
        expect(await defaults.refresh()).toEqual([]);

        await setting.sql.query(
          `ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public REVOKE INSERT ON TABLES FROM ${role}`,
        );
        expect(await defaults.refresh()).toEqual(["privileges"]);
        await defaults.up(program(["INSERT", "SELECT"]));
        await defaults.destroy();
        expect(await newTable()).toEqual([false, false]);
      });

      it("is gone where somebody took it back", async () => {
        const plugin = await setting.plugin(login);
        const role = uniqueName("reader");
        await managed(plugin, "Role").up({ name: role });
        const defaults = managed(plugin, "DefaultPrivileges");
        const program = {
          role,
          database: setting.database.name,
          owner: "postgres",
          objectType: "sequence",
          privileges: ["USAGE"],
        };
        await defaults.up(program);
        expect(defaults.id).toBe(`${role}_${setting.database.name}_noschema_postgres_sequence`);
        expect(await defaults.refresh()).toEqual([]);
        await setting.sql.query(
          `ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE USAGE ON SEQUENCES FROM ${role}`,
        );
        expect(await defaults.refresh()).toBe("gone");
        expect(await defaults.up(program)).toBe("create");
        await defaults.destroy();
      });

      it("takes from a role what a Supabase project gives it by default", async () => {
        const defaults = managed(await setting.plugin(login), "DefaultPrivileges");
        const none = {
          role: "anon",
          database: setting.database.name,
          owner: "postgres",
          schema: "public",
          objectType: "table",
          privileges: [],
        };
        expect(await defaults.up(none)).toBe("create");
        const table = uniqueName("closed");
        await setting.sql.query(`SET ROLE postgres; CREATE TABLE public.${table} (); RESET ROLE`);
        expect(
          await setting.value(`SELECT has_table_privilege('anon', 'public.${table}', 'SELECT')`),
        ).toBe(false);
        expect(await defaults.refresh()).toEqual([]);
      });
    });
  });

  describe("Schema", () => {
    const ownerOf = (schema: string) =>
      setting.value("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = $1", [
        schema,
      ]);

    describe.each(LOGINS)("as %s", (login) => {
      it("lives: made, unchanged, given away, renamed, dropped", async () => {
        const plugin = await setting.plugin(login);
        const owner = uniqueName("owner");
        await managed(plugin, "Role").up({ name: owner });
        const schema = managed(plugin, "Schema");
        const name = uniqueName("schema");

        expect(await schema.up({ name })).toBe("create");
        expect(schema.id).toBe(`${setting.database.name}.${name}`);
        const login_ = login === "superuser" ? setting.provider(login)["username"] : "postgres";
        expect(await ownerOf(name)).toBe(login_);
        expect(await schema.refresh()).toEqual([]);
        expect(await schema.up({ name })).toBe("same");

        expect(await schema.up({ name, owner })).toBe("update");
        expect(await ownerOf(name)).toBe(owner);
        expect(await schema.refresh()).toEqual([]);
        expect(await schema.up({ name: `${name}_2`, owner })).toBe("update");
        expect(await ownerOf(name)).toBeUndefined();
        expect(await ownerOf(`${name}_2`)).toBe(owner);
        await schema.destroy();
        expect(await ownerOf(`${name}_2`)).toBeUndefined();
      });

      it("sees another owner, puts it back, and is gone where somebody dropped it", async () => {
        const plugin = await setting.plugin(login);
        const owner = uniqueName("owner");
        await managed(plugin, "Role").up({ name: owner });
        const schema = managed(plugin, "Schema");
        const name = uniqueName("drift");
        await schema.up({ name, owner });
        await setting.sql.query(`ALTER SCHEMA ${name} OWNER TO postgres`);
        expect(await schema.refresh()).toEqual(["owner"]);
        expect(await schema.up({ name, owner })).toBe("update");
        expect(await ownerOf(name)).toBe(owner);
        await setting.sql.query(`DROP SCHEMA ${name}`);
        expect(await schema.refresh()).toBe("gone");
      });

      it("is kept with what is in it, and goes with it only where it is told to", async () => {
        const schema = managed(await setting.plugin(login), "Schema");
        const name = uniqueName("full");
        await schema.up({ name });
        await setting.sql.query(`CREATE TABLE ${name}.kept ()`);
        await expect(schema.destroy()).rejects.toThrow(/other objects depend on it/);
        expect(await schema.up({ name, dropCascade: true })).toBe("update");
        await schema.destroy();
        expect(await ownerOf(name)).toBeUndefined();
      });
    });
  });

  describe("Database", () => {
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
});
