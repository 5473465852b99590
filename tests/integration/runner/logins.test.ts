import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { describeApplied } from "../../../runner/plugin/resources/migrationRunner";
import { applyRequest, planned, type TestRequest } from "../../support/directive";
import { grantAll, makeRoles } from "../../support/drift";
import { faultOf } from "../../support/faults";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";

describe.each(MAJORS)("logins of the settings on PostgreSQL %i", (major) => {
  const server = serverOfFile({ major });
  let owner: Client;
  let request: TestRequest;

  beforeAll(async () => {
    const database = await server().createDatabase({ shape: "supabase", unprotected: true });
    request = { ...(await applyRequest(database)), members: { v7_agent: ["ada"] } };
    owner = await database.connect();
    await makeRoles(owner, request.access);
    // As the stack does before the migration, by the login that runs it.
    await owner.query("CREATE ROLE ada LOGIN; GRANT v7_agent TO ada");
    await applyDirective(request);
    await grantAll(owner, request.access);
    const admin = await database.connect(server().superuser);
    await admin.query("CREATE ROLE app LOGIN; CREATE ROLE chief LOGIN SUPERUSER");
  });

  it.each([
    ["anon", "which is there already and may not log in"],
    ["authenticator", "which is there already and is not this stack's"],
    ["app", "which is there already and is not this stack's"],
    ["chief", "which is a superuser"],
    ["postgres", "which is the login that runs this"],
    ["pg_monitor", "a name that PostgreSQL keeps for itself"],
    ["pg_not_there", "a name that PostgreSQL keeps for itself"],
    ["public", "a name that PostgreSQL keeps for itself"],
  ])("are an obstacle when one is %s", async (name, reason) => {
    const named = { ...request, members: { v7_reader: [name], v7_agent: ["ada"] } };
    const { obstacles } = await planned(named);
    expect(obstacles.map(({ found }) => found)).toEqual([
      `login "${name}" of v7:logins for "v7_reader", ${reason}`,
    ]);
    expect((await faultOf(() => applyDirective(named))).code).toBe("PRECHECK_FAILED");
  });

  it("are no obstacle when they are the stack's own or do not exist yet", async () => {
    const named = { ...request, members: { v7_reader: ["new"], v7_auditor: ["ada"] } };
    const { obstacles } = await planned(named);
    expect(obstacles).toEqual([]);
  });

  it("are reported by a run that changes nothing else, with the ones that it revokes", async () => {
    await owner.query("CREATE ROLE bob LOGIN; GRANT v7_agent TO bob");
    const members = { v7_agent: ["bob"] };
    const result = await applyDirective({ ...request, members });
    expect(describeApplied(result, members)).toBe(
      [
        "no step to run; who may do what was changed and recorded",
        'took away: REVOKE "v7_agent" FROM "ada"',
        "the logins of the group roles: v7_agent: bob",
        `history ${result.historyHead.slice(0, 16)}…`,
      ].join("\n"),
    );
    const again = await applyDirective({ ...request, members });
    expect(describeApplied(again, members)).toBe("nothing to run: every step has been applied");
  });
});
