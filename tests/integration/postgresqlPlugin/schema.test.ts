import { LOGINS, managed, MAJORS, Setting, uniqueName } from "./setting";

jest.setTimeout(120_000);

describe.each(MAJORS)("Schema on PostgreSQL %i", (major) => {
  const setting = new Setting();
  beforeAll(() => setting.start(major));
  afterAll(() => setting.stop());

  const ownerOf = (schema: string) =>
    setting.value("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = $1", [schema]);

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
