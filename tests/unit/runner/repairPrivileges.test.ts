import type { RepairContext } from "../../../runner/repair/context";
import { repairPrivileges } from "../../../runner/repair/privileges";

const OBJECT = "privileges table public.t";

it("repairPrivileges revokes a privilege from a role of any name", () => {
  const context = {
    owner: "postgres",
    steps: [],
    access: { grants: [{ objectType: "table", schema: "public", object: "t" }] },
    expected: { [OBJECT]: { r: ["SELECT"] } },
    live: { [OBJECT]: JSON.parse('{"constructor":["SELECT"],"__proto__":["INSERT"]}') as unknown },
  } as unknown as RepairContext;
  expect(repairPrivileges(context, OBJECT).sql).toEqual([
    expect.stringMatching(/^REVOKE SELECT ON TABLE "public"."t" FROM "constructor"/),
    expect.stringMatching(/^REVOKE INSERT ON TABLE "public"."t" FROM "__proto__"/),
    'GRANT SELECT ON TABLE "public"."t" TO "r"',
  ]);
});
