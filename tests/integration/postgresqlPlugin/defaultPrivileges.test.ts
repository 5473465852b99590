import { LOGINS, managed, MAJORS, Setting, uniqueName } from "./setting";

jest.setTimeout(120_000);

describe.each(MAJORS)("DefaultPrivileges on PostgreSQL %i", (major) => {
  const setting = new Setting();
  beforeAll(() => setting.start(major));
  afterAll(() => setting.stop());

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
          setting.value(`SELECT has_table_privilege($1, 'public.${table}', $2)`, [role, privilege]);
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
