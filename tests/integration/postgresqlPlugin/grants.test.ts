import { MAJORS } from "../../support/majors";
import type { Wire } from "../../unit/plugin/pluginClient";
import { LOGINS, managed, Setting, uniqueName, type Login } from "./setting";

jest.setTimeout(120_000);

const SETUP = `
  CREATE TABLE public.orders (id int PRIMARY KEY, owner text, total numeric);
  CREATE VIEW public.totals AS SELECT sum(total) AS sum FROM public.orders;`;

describe.each(MAJORS)("Grant on PostgreSQL %i", (major) => {
  const setting = new Setting();

  beforeAll(async () => {
    await setting.start(major);
    const owner = await setting.database.connect("postgres", "postgres");
    await owner.query(SETUP);
    // Tests expect that nobody has privileges on these objects.
    await setting.sql.query(
      `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM anon, authenticated, service_role;
       CREATE SCHEMA empty AUTHORIZATION postgres`,
    );
  });
  afterAll(() => setting.stop());

  const newRole = async (login: Login) => {
    const plugin = await setting.plugin(login);
    const role = uniqueName("grantee");
    await managed(plugin, "Role").up({ name: role });
    const program = (rest: Wire): Wire => ({ role, database: setting.database.name, ...rest });
    return { plugin, grant: managed(plugin, "Grant"), role, program };
  };

  /** Which of these a role has, directly or through PUBLIC. */
  const has = async (kind: string, role: string, object: string, privileges: string[]) => {
    const held: string[] = [];
    for (const one of privileges) {
      const query = `SELECT has_${kind}_privilege($1, $2, $3)`;
      if ((await setting.value(query, [role, object, one])) === true) {
        held.push(one);
      }
    }
    return held;
  };

  describe.each(LOGINS)("as %s", (login) => {
    it("is created, left unchanged, updated and revoked on tables", async () => {
      const { grant, role, program } = await newRole(login);
      const on = { schema: "public", objectType: "table", objects: ["orders"] };
      const held = () => has("table", role, "public.orders", ["SELECT", "INSERT", "DELETE"]);

      const first = program({ ...on, privileges: ["SELECT", "INSERT"] });
      expect(await grant.up(first)).toBe("create");
      expect(grant.id).toBe(`${role}_${setting.database.name}_public_table_orders`);
      expect(await held()).toEqual(["SELECT", "INSERT"]);
      expect(await grant.refresh()).toEqual([]);
      expect(await grant.up(program({ ...on, privileges: ["INSERT", "SELECT"] }))).toBe("same");

      expect(await grant.up(program({ ...on, privileges: ["SELECT", "DELETE"] }))).toBe("update");
      expect(await held()).toEqual(["SELECT", "DELETE"]);
      expect(await grant.refresh()).toEqual([]);
      await grant.destroy();
      expect(await held()).toEqual([]);
    });

    it("finds privileges that were revoked or granted by hand, and corrects them", async () => {
      const { grant, role, program } = await newRole(login);
      const wanted = program({
        schema: "public",
        objectType: "table",
        objects: ["orders"],
        privileges: ["SELECT"],
      });
      const held = () => has("table", role, "public.orders", ["SELECT", "DELETE"]);
      await grant.up(wanted);
      await setting.sql.query(`REVOKE SELECT ON public.orders FROM ${role}`);
      expect(await grant.refresh()).toEqual(["privileges"]);
      expect(await grant.up(wanted)).toBe("update");
      expect(await held()).toEqual(["SELECT"]);

      await setting.sql.query(`GRANT DELETE ON public.orders TO ${role}`);
      expect(await grant.refresh()).toEqual(["privileges"]);
      expect(await grant.up(wanted)).toBe("update");
      expect(await held()).toEqual(["SELECT"]);
      expect(await grant.refresh()).toEqual([]);
    });

    it("is replaced when its objects change, and the old privileges are revoked", async () => {
      const { grant, role, program } = await newRole(login);
      const on = { schema: "public", objectType: "table", privileges: ["SELECT"] };
      await grant.up(program({ ...on, objects: ["orders"] }));
      expect(await grant.up(program({ ...on, objects: ["jobs"] }))).toBe("replace");
      expect(await has("table", role, "public.orders", ["SELECT"])).toEqual([]);
      expect(await has("table", role, "public.jobs", ["SELECT"])).toEqual(["SELECT"]);
      expect(await grant.refresh()).toEqual([]);
    });

    it("grants on views, whose drift is never read", async () => {
      const { grant, role, program } = await newRole(login);
      const view = { schema: "public", objectType: "table", objects: ["totals"] };
      await grant.up(program({ ...view, privileges: ["SELECT"] }));
      expect(await has("table", role, "public.totals", ["SELECT"])).toEqual(["SELECT"]);
      await setting.sql.query(`REVOKE SELECT ON public.totals FROM ${role}`);
      expect(await grant.refresh()).toEqual([]);
      await grant.destroy();
    });

    it("grants on columns", async () => {
      const { grant, role, program } = await newRole(login);
      const wanted = program({
        schema: "public",
        objectType: "column",
        objects: ["orders"],
        columns: ["id", "total"],
        privileges: ["SELECT"],
      });
      const column = async (name: string) =>
        setting.value("SELECT has_column_privilege($1, 'public.orders', $2, 'SELECT')", [
          role,
          name,
        ]);
      expect(await grant.up(wanted)).toBe("create");
      expect([await column("id"), await column("owner"), await column("total")]).toEqual([
        true,
        false,
        true,
      ]);
      expect(await grant.refresh()).toEqual([]);
      expect(await grant.up(wanted)).toBe("same");
      await setting.sql.query(`REVOKE SELECT (id) ON public.orders FROM ${role}`);
      expect(await grant.refresh()).toEqual(["columns"]);
      expect(await grant.up(wanted)).toBe("replace");
      expect(await column("id")).toBe(true);
      await setting.sql.query(`REVOKE SELECT (id, total) ON public.orders FROM ${role}`);
      expect(await grant.refresh()).toEqual(["columns"]);
      expect(await grant.up(wanted)).toBe("replace");
      expect(await column("id")).toBe(true);
      await grant.destroy();
      expect(await column("id")).toBe(false);
    });

    it("grants on schemas", async () => {
      const { grant, role, program } = await newRole(login);
      const on = { schema: "empty", objectType: "schema" };
      await grant.up(program({ ...on, privileges: ["USAGE", "CREATE"] }));
      const held = () => has("schema", role, "empty", ["USAGE", "CREATE"]);
      expect(await held()).toEqual(["USAGE", "CREATE"]);
      expect(grant.id).toBe(`${role}_${setting.database.name}_empty_schema`);
      expect(await grant.refresh()).toEqual([]);
      await grant.up(program({ ...on, privileges: ["USAGE"] }));
      expect(await held()).toEqual(["USAGE"]);
      await setting.sql.query(`REVOKE USAGE ON SCHEMA empty FROM ${role}`);
      expect(await grant.refresh()).toEqual(["privileges"]);
      await grant.up(program({ ...on, privileges: ["USAGE"] }));
      await grant.destroy();
      expect(await held()).toEqual([]);
    });

    it("grants on the schema public, which the database's owner owns", async () => {
      const { grant, role, program } = await newRole(login);
      const wanted = program({ schema: "public", objectType: "schema", privileges: ["USAGE"] });
      await grant.up(wanted);
      expect(
        await setting.value(
          `SELECT count(*)::int FROM pg_namespace, aclexplode(nspacl)
            WHERE nspname = 'public' AND grantee = $1::regrole`,
          [role],
        ),
      ).toBe(1);
      expect(await grant.refresh()).toEqual([]);
      await grant.destroy();
    });

    it("has the same effect when it is created twice, and many at the same time", async () => {
      const { plugin, role, program } = await newRole(login);
      const wanted = ["orders", "jobs", "totals", "file_audit"].map((object) =>
        program({
          schema: "public",
          objectType: "table",
          objects: [object],
          privileges: ["SELECT"],
        }),
      );
      const onSchema = program({ schema: "public", objectType: "schema", privileges: ["USAGE"] });
      await Promise.all(
        [...wanted, ...wanted, onSchema, onSchema].map((one) => managed(plugin, "Grant").up(one)),
      );
      for (const object of ["orders", "jobs", "totals", "file_audit"]) {
        expect(await has("table", role, `public.${object}`, ["SELECT"])).toEqual(["SELECT"]);
      }
    });

    it("is gone when its role is dropped", async () => {
      const { grant, role, program } = await newRole(login);
      await grant.up(program({ schema: "empty", objectType: "schema", privileges: ["USAGE"] }));
      await setting.sql.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      expect(await grant.refresh()).toBe("gone");
    });
  });

  it("leaves the login's memberships unchanged", async () => {
    const { plugin, program } = await newRole("postgres");
    const memberships = () =>
      setting.value(
        `SELECT json_agg(roleid::regrole ORDER BY roleid, grantor) FROM pg_auth_members
          WHERE member = 'postgres'::regrole`,
      );
    await setting.sql.query(
      `DO $$ BEGIN CREATE ROLE keeper; GRANT keeper TO postgres WITH ADMIN OPTION;
         EXECUTE 'REVOKE keeper FROM postgres'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
       CREATE TABLE IF NOT EXISTS empty.kept (id int); ALTER TABLE empty.kept OWNER TO keeper`,
    );
    const inherit = major >= 16 ? "WITH ADMIN TRUE, INHERIT FALSE, SET FALSE" : "WITH ADMIN OPTION";
    await setting.sql.query(`GRANT keeper TO postgres ${inherit}`);
    const before = await memberships();
    await managed(plugin, "Grant").up(
      program({ schema: "empty", objectType: "table", objects: ["kept"], privileges: ["SELECT"] }),
    );
    expect(await memberships()).toEqual(before);
  });

  it("is refused on a table that the login may not grant on", async () => {
    const { plugin, role, program } = await newRole("postgres");
    await setting.sql.query("CREATE TABLE IF NOT EXISTS auth.users (id int)");
    await setting.sql.query("GRANT USAGE ON SCHEMA auth TO postgres");
    const grant = managed(plugin, "Grant");
    await expect(
      grant.up(
        program({
          schema: "auth",
          objectType: "table",
          objects: ["users"],
          privileges: ["SELECT"],
        }),
      ),
    ).rejects.toThrow(/permission denied|nor has SELECT/);
    expect(await has("table", role, "auth.users", ["SELECT"])).toEqual([]);
  });

  it.each([
    [{ objectType: "table", privileges: ["SELECT"] }, /schema/],
    [{ objectType: "schema", schema: "public", privileges: ["SELECT"] }, /SELECT/],
    [
      { objectType: "column", schema: "public", objects: ["orders"], privileges: ["SELECT"] },
      /columns/,
    ],
  ])("refuses %j", async (wrong, message) => {
    const { plugin, program } = await newRole("postgres");
    await expect(managed(plugin, "Grant").up(program(wrong))).rejects.toThrow(message);
  });
});
