import { LOGINS, managed, MAJORS, Setting, uniqueName } from "./setting";

jest.setTimeout(120_000);

describe.each(MAJORS)("GrantRole on PostgreSQL %i", (major) => {
  const setting = new Setting();
  beforeAll(() => setting.start(major));
  afterAll(() => setting.stop());

  describe.each(LOGINS)("as %s", (login) => {
    const twoRoles = async () => {
      const plugin = await setting.plugin(login);
      const names = [uniqueName("group"), uniqueName("member")] as const;
      for (const name of names) {
        await managed(plugin, "Role").up({ name });
      }
      const [group, member] = names;
      const isMember = (kind = "MEMBER") =>
        setting.value("SELECT pg_has_role($1, $2, $3)", [member, group, kind]);
      return { plugin, group, member, isMember };
    };

    it("lives: granted, unchanged, replaced, revoked", async () => {
      const { plugin, group, member, isMember } = await twoRoles();
      const membership = managed(plugin, "GrantRole");
      const program = { role: member, grantRole: group };
      expect(await membership.up(program)).toBe("create");
      expect(membership.id).toBe(`${member}_${group}_false`);
      expect(await isMember()).toBe(true);
      expect(await membership.refresh()).toEqual([]);
      expect(await membership.up(program)).toBe("same");

      expect(await membership.up({ ...program, withAdminOption: true })).toBe("replace");
      expect(await isMember("MEMBER WITH ADMIN OPTION")).toBe(true);
      expect(await membership.refresh()).toEqual([]);
      await membership.destroy();
      expect(await isMember()).toBe(false);
    });

    it("is gone where somebody revoked it, and granted again", async () => {
      const { plugin, group, member, isMember } = await twoRoles();
      const membership = managed(plugin, "GrantRole");
      const program = { role: member, grantRole: group };
      await membership.up(program);
      const grantor = login === "superuser" ? "" : " GRANTED BY postgres";
      await setting.sql.query(`REVOKE ${group} FROM ${member}${grantor}`);
      expect(await membership.refresh()).toBe("gone");
      expect(await membership.up(program)).toBe("create");
      expect(await isMember()).toBe(true);
      await membership.destroy();
    });

    it("may be granted twice to the same end", async () => {
      const { plugin, group, member, isMember } = await twoRoles();
      const program = { role: member, grantRole: group };
      await managed(plugin, "GrantRole").up(program);
      await managed(plugin, "GrantRole").up(program);
      expect(await isMember()).toBe(true);
    });
  });

  it("says which role is not there", async () => {
    const membership = managed(await setting.plugin("postgres"), "GrantRole");
    await expect(membership.up({ role: "nobody_here", grantRole: "anon" })).rejects.toThrow(
      /role "nobody_here" does not exist/,
    );
  });
});
