import { scramVerifier } from "../../../runner/embedded/server/scram";
import { MAJORS } from "../../support/majors";
import { queryRows } from "../../support/withClient";
import { secret } from "../../unit/plugin/pluginClient";
import { LOGINS, managed, Setting, uniqueName, type Login } from "./setting";

const PASSWORD = "nobody's";

describe.each(MAJORS)("dropping a role on PostgreSQL %i", (major) => {
  const setting = new Setting();
  beforeAll(() => setting.start(major));
  afterAll(() => setting.stop());

  /** Runs that as the superuser in another database of the server. */
  async function inDatabase(name: string, sql: string): Promise<void> {
    const { username, password } = setting.provider("superuser");
    const { host, port } = setting.database;
    const login = { user: username as string, password: (password as { value: string }).value };
    await queryRows({ host, port, ...login, database: name }, sql);
  }

  /** A group role and a login of it, as the stack makes them. */
  async function twoRoles(login: Login) {
    const plugin = await setting.plugin(login);
    const group = managed(plugin, "Role");
    const member = managed(plugin, "Role");
    const names = { group: uniqueName("v7_group"), member: uniqueName("v7_member") };
    await group.up({ name: names.group });
    await member.up({
      name: names.member,
      login: true,
      roles: [names.group],
      password: secret(scramVerifier(PASSWORD)),
    });
    return { group, member, names };
  }

  describe.each(LOGINS)("as %s", (login) => {
    it("removes its grants, default privileges and policies, and leaves its session without privileges", async () => {
      const { group, member, names } = await twoRoles(login);
      const owner =
        login === "superuser"
          ? setting.sql
          : await setting.database.connect(setting.database.owner);
      const schema = uniqueName("archive");
      await owner.query(
        `CREATE SCHEMA ${schema};
         CREATE TABLE ${schema}.kept (id int, note text);
         INSERT INTO ${schema}.kept VALUES (1);
         GRANT USAGE ON SCHEMA ${schema} TO ${names.group};
         GRANT SELECT ON ${schema}.kept TO ${names.group};
         GRANT UPDATE (note) ON ${schema}.kept TO ${names.group}, ${names.member};
         ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT ON TABLES TO ${names.group}, ${names.member};
         ALTER TABLE ${schema}.kept ENABLE ROW LEVEL SECURITY;
         CREATE POLICY alone ON ${schema}.kept TO ${names.group} USING (true);
         CREATE POLICY shared ON ${schema}.kept TO ${names.group}, PUBLIC USING (true)`,
      );
      const session = await setting.database.connect(names.member, PASSWORD);
      expect((await session.query(`SELECT FROM ${schema}.kept`)).rowCount).toBe(1);

      await member.destroy();
      await group.destroy();

      expect(await setting.hasRole(names.group)).toBe(false);
      expect(await setting.hasRole(names.member)).toBe(false);
      await expect(session.query(`SELECT FROM ${schema}.kept`)).rejects.toThrow(/denied/);
      expect(await setting.value(`SELECT count(*)::int FROM ${schema}.kept`)).toBe(1);
      expect(
        await setting.value(
          "SELECT count(*)::int FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE NOT EXISTS (SELECT FROM pg_roles WHERE oid = a.grantee) AND a.grantee <> 0",
        ),
      ).toBe(0);
    });

    it("is refused while it has a grant in another database, which the message names", async () => {
      const { group, member, names } = await twoRoles(login);
      const other = uniqueName("other");
      await setting.sql.query(`CREATE DATABASE ${other}`);
      await inDatabase(other, `CREATE TABLE t (); GRANT SELECT ON t TO ${names.group}`);
      await member.destroy();
      await expect(group.destroy()).rejects.toThrow(
        new RegExp(`"${names.group}" cannot be dropped.*1 object in database ${other}`, "s"),
      );
      expect(await setting.hasRole(names.group)).toBe(true);
      await inDatabase(other, "DROP TABLE t");
      await group.destroy();
      expect(await setting.hasRole(names.group)).toBe(false);
    });
  });

  it("is refused while it has another owner's grant, which the message names and only a superuser can revoke", async () => {
    const { group, member, names } = await twoRoles("postgres");
    const theirs = uniqueName("theirs");
    await setting.sql.query(
      `CREATE TABLE public.${theirs} (id int); GRANT SELECT ON public.${theirs} TO ${names.group}`,
    );
    await member.destroy();
    await expect(group.destroy()).rejects.toThrow(
      new RegExp(`"${names.group}" cannot be dropped.*privileges for table public.${theirs}`, "s"),
    );
    await setting.sql.query(`DROP TABLE public.${theirs}`);
    await group.destroy();
    expect(await setting.hasRole(names.group)).toBe(false);
  });
});
