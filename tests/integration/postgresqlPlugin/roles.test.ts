import { MAJORS } from "../../support/majors";
import { secret } from "../../unit/plugin/pluginClient";
import { LOGINS, managed, Setting, uniqueName } from "./setting";

/** What `SCRAM-SHA-256$…` looks like; it is nobody's password. */
const VERIFIER =
  "SCRAM-SHA-256$4096:pqM3EkAHZvDsqQfPHdH9mQ==$fZfDbBJBHYoGBTUHoYQI1pvRyfNGBv8oKvpjC0h2zXM=:" +
  "oTfuDXBRyJ2zB3ojHqyqKXF2UEGAQ4xWUHvQQVJzNiI=";

jest.setTimeout(120_000);

describe.each(MAJORS)("a Role on PostgreSQL %i", (major) => {
  const setting = new Setting();
  beforeAll(() => setting.start(major));
  afterAll(() => setting.stop());

  describe.each(LOGINS)("as %s", (login) => {
    it("is created, left unchanged, updated and deleted", async () => {
      const role = managed(await setting.plugin(login), "Role");
      const name = uniqueName("life");
      const attributes = `SELECT format('%s %s %s %s %s', rolcanlogin, rolinherit, rolcreatedb, rolconnlimit, rolconfig)
                            FROM pg_roles WHERE rolname = $1`;

      expect(await role.up({ name })).toBe("create");
      expect(await setting.value(attributes, [name])).toBe("f t f -1 ");
      expect(await role.refresh()).toEqual([]);
      expect(await role.up({ name })).toBe("same");

      const changed = { name, login: true, inherit: false };
      expect(await role.up(changed)).toBe("update");
      expect(await setting.value(attributes, [name])).toBe("t f f -1 ");
      expect(await role.refresh()).toEqual([]);
      expect(await role.up(changed)).toBe("same");
      await role.destroy();
      expect(await setting.value(attributes, [name])).toBeUndefined();
    });

    it("is a member of its roles until one is removed from the list", async () => {
      const plugin = await setting.plugin(login);
      const [reader, writer, role] = [0, 1, 2].map(() => managed(plugin, "Role"));
      const names = [uniqueName("reader"), uniqueName("writer"), uniqueName("member")] as const;
      await reader?.up({ name: names[0] });
      await writer?.up({ name: names[1] });
      const isMember = (of: string) =>
        setting.value("SELECT pg_has_role($1, $2, 'MEMBER')", [names[2], of]);

      await role?.up({ name: names[2], roles: [names[0], names[1]] });
      expect([await isMember(names[0]), await isMember(names[1])]).toEqual([true, true]);
      expect(await role?.refresh()).toEqual([]);
      expect(await role?.up({ name: names[2], roles: [names[1], names[0]] })).toBe("same");
      expect(await role?.up({ name: names[2], roles: [names[1]] })).toBe("update");
      expect([await isMember(names[0]), await isMember(names[1])]).toEqual([false, true]);
      expect(await role?.refresh()).toEqual([]);
      for (const one of [role, reader, writer]) {
        await one?.destroy();
      }
    });

    it("shows attributes that were changed by hand, and sets them back", async () => {
      const role = managed(await setting.plugin(login), "Role");
      const name = uniqueName("drift");
      await role.up({ name });
      await setting.sql.query(`ALTER ROLE ${name} LOGIN NOINHERIT`);
      expect(await role.refresh()).toEqual(["inherit", "login"]);
      expect(await role.up({ name })).toBe("update");
      expect(await role.refresh()).toEqual([]);
      expect(
        await setting.value(
          "SELECT format('%s %s', rolcanlogin, rolinherit) FROM pg_roles WHERE rolname = $1",
          [name],
        ),
      ).toBe("f t");
      await role.destroy();
    });

    it("is gone when somebody has dropped it, and is created again", async () => {
      const role = managed(await setting.plugin(login), "Role");
      const name = uniqueName("gone");
      await role.up({ name });
      await setting.sql.query(`DROP ROLE ${name}`);
      expect(await role.refresh()).toBe("gone");
      expect(await role.up({ name })).toBe("create");
      await role.destroy();
    });

    it("stores a verifier unchanged, and keeps the password a secret", async () => {
      const role = managed(await setting.plugin(login), "Role");
      const name = uniqueName("secret");
      const program = { name, login: true, password: secret(VERIFIER) };
      await role.up(program);
      const stored = "SELECT rolpassword FROM pg_authid WHERE rolname = $1";
      expect(await setting.value(stored, [name])).toBe(VERIFIER);
      expect(role.outputs["password"]).toEqual(secret(VERIFIER));
      expect(await role.refresh()).toEqual([]);
      expect(await role.up(program)).toBe("same");
      await role.destroy();
    });

    it("gives its objects to the login when it is deleted", async () => {
      const plugin = await setting.plugin(login);
      const role = managed(plugin, "Role");
      const name = uniqueName("owner");
      await role.up({ name });
      await setting.sql.query(
        `CREATE SCHEMA ${name} AUTHORIZATION ${name};
         CREATE TABLE ${name}.kept (id int); ALTER TABLE ${name}.kept OWNER TO ${name};
         GRANT SELECT ON public.jobs TO ${name}`,
      );
      await role.destroy();
      const owner = login === "superuser" ? setting.provider(login)["username"] : "postgres";
      expect(
        await setting.value("SELECT tableowner FROM pg_tables WHERE schemaname = $1", [name]),
      ).toBe(owner);
      expect(await setting.hasRole(name)).toBe(false);
    });

    it("can have any name", async () => {
      const role = managed(await setting.plugin(login), "Role");
      const name = `${uniqueName("O'Neil")} "; DROP TABLE public.jobs; --\\`;
      await role.up({ name, login: true, password: secret(`it's "one" \\ '); --`) });
      expect(await setting.hasRole(name)).toBe(true);
      expect(await role.refresh()).toEqual([]);
      await role.destroy();
      expect(await setting.value("SELECT to_regclass('public.jobs')::text")).toBe("jobs");
    });

    it("writes nothing in a preview", async () => {
      const role = managed(await setting.plugin(login), "Role");
      const name = uniqueName("preview");
      expect(await role.preview({ name })).toMatchObject({ name });
      expect(await setting.hasRole(name)).toBe(false);
      await role.up({ name });
      await role.preview({ name, login: true });
      expect(
        await setting.value("SELECT rolcanlogin FROM pg_roles WHERE rolname = $1", [name]),
      ).toBe(false);
      await role.destroy();
    });
  });

  it("is refused when a role of its name exists, and the message does not show the password", async () => {
    const plugin = await setting.plugin("postgres");
    const role = managed(plugin, "Role");
    const error: unknown = await role
      .up({ name: "anon", login: true, password: secret("hunter22") })
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/role "anon" already exists/);
    expect(String(error)).not.toContain("hunter22");
    expect(plugin.output()).toBe("");
  });
});
