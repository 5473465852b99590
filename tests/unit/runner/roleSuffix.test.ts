import { matrixOf } from "../../../runner/directive/accessMatrix";
import { loadDirectives } from "../../../runner/directive/directive";
import { refuseNamedRoles, suffixAccess } from "../../../runner/directive/roleSuffix";
import type { Step } from "../../../runner/model";
import { parseStatement } from "../../../runner/sql/expression";
import { rolesIn, textsIn } from "../../../runner/sql/words";
import { faultOf } from "../../support/faults";
import { SQL_FOLDER } from "../../support/sqlFolder";

const MATRIX = matrixOf(
  { v7_reader: "Reads.", v7_agent: "Writes." },
  [
    { role: "v7_reader", objectType: "schema", schema: "public", privileges: ["USAGE"] },
    {
      role: "v7_agent",
      objectType: "column",
      schema: "public",
      object: "t",
      columns: ["v7_agent"],
      privileges: ["UPDATE"],
    },
  ],
  ["v7_reader"],
);

async function stepOf(sql: string, inverse?: string): Promise<Step> {
  const slice = async (text: string): Promise<unknown> => [
    { locked: { roles: rolesIn(textsIn(await parseStatement(text)), Object.keys(MATRIX.roles)) } },
  ];
  return {
    id: "x",
    kind: "amendment",
    required: false,
    statements: await slice(sql),
    ...(inverse === undefined ? {} : { inverse: { statements: await slice(inverse) } }),
  } as unknown as Step;
}

describe("an access matrix with a suffix", () => {
  it("has it after every role's name, and nowhere else", () => {
    expect(suffixAccess(MATRIX, "_b1")).toEqual(
      matrixOf(
        { v7_reader_b1: "Reads.", v7_agent_b1: "Writes." },
        [
          { role: "v7_reader_b1", objectType: "schema", schema: "public", privileges: ["USAGE"] },
          {
            role: "v7_agent_b1",
            objectType: "column",
            schema: "public",
            object: "t",
            columns: ["v7_agent"],
            privileges: ["UPDATE"],
          },
        ],
        ["v7_reader_b1"],
      ),
    );
  });

  it("has another digest for each suffix, and is unchanged with an empty one", () => {
    const digests = ["_a", "_b"].map((suffix) => suffixAccess(MATRIX, suffix).sha256);
    expect(new Set([MATRIX.sha256, ...digests]).size).toBe(3);
    expect(suffixAccess(MATRIX, "")).toBe(MATRIX);
  });

  it("is refused if a role's name would be longer than 63 bytes", async () => {
    const name = "r".repeat(60);
    const long = matrixOf({ [name]: "" }, [], []);
    expect(Object.keys(suffixAccess(long, "_ab").roles)).toEqual([`${name}_ab`]);
    const { message } = await faultOf(() => suffixAccess(long, "_abc"));
    expect(message).toBe(
      `SETTING_INVALID: reading setting "v7:roleSuffix": found "_abc", with which "${name}" would be longer than ` +
        "63 bytes, expected a shorter suffix. Run pulumi config set v7:roleSuffix with a shorter one.",
    );
  });
});

describe("the directives with a suffix", () => {
  it("differ only in the matrix", async () => {
    const plain = await loadDirectives(SQL_FOLDER, []);
    const suffixed = await loadDirectives(SQL_FOLDER, [], "_b1");
    const { access, ...rest } = suffixed;
    expect({ ...rest, expectedWith: null }).toEqual({
      ...plain,
      access: undefined,
      matrices: rest.matrices,
      expectedWith: null,
    });
    expect(Object.keys(access.roles)).toEqual(
      Object.keys(plain.access.roles).map((role) => `${role}_b1`),
    );
  });

  it("keep their digests without one, since signed plans name them", async () => {
    const { access, manifestsSha256 } = await loadDirectives(SQL_FOLDER, []);
    // Signed plans must stay valid: these digests change only with sql/ad_005.
    expect([access.sha256, manifestsSha256]).toEqual([
      "a319eed53f23f11f1ef4596b2920bb855a771a2c7829d4f6c77da41bde64691c",
      "bff5385d36465648c76b81ca9a23cef4cfd8087e24863dfdcbc4da9255ecd2de",
    ]);
  });

  it("are refused with an amendment whose policies name roles", async () => {
    const { code, message } = await faultOf(() =>
      loadDirectives(SQL_FOLDER, ["row_level_security", "dashboard_by_phase"], "_b1"),
    );
    expect(code).toBe("SETTING_INVALID");
    expect(message).toBe(
      'SETTING_INVALID: reading setting "v7:roleSuffix": found "_b1", and the amendment "row_level_security", whose SQL ' +
        'names the roles "v7_reader", "v7_agent", "v7_architect", "v7_auditor", expected no SQL that names a role: its ' +
        'bytes do not change with a suffix. Take "row_level_security" out of v7:amendments, or run pulumi config rm ' +
        "v7:roleSuffix.",
    );
  });

  it("are accepted with every other optional amendment", async () => {
    const { allSteps } = await loadDirectives(SQL_FOLDER, []);
    const others = allSteps
      .filter(({ required, id }) => !required && id !== "row_level_security")
      .map(({ id }) => id);
    const { steps } = await loadDirectives(SQL_FOLDER, others, "_b1");
    expect(others.length).toBeGreaterThan(2);
    expect(steps.map(({ id }) => id)).toEqual(expect.arrayContaining(others));
  });
});

describe("SQL that names a role of the matrix", () => {
  it.each([
    ["a grant", "GRANT SELECT ON t TO v7_agent"],
    ["a quoted name", 'ALTER TABLE t OWNER TO "v7_agent"'],
    ["a policy", "CREATE POLICY p ON t TO v7_agent USING (true)"],
    ["a DO block", "DO $$ BEGIN EXECUTE 'GRANT SELECT ON t TO V7_AGENT'; END $$"],
    ["a function's body", "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'SET ROLE v7_agent'"],
    ["a constant", "SELECT pg_has_role(current_user, 'v7_agent', 'USAGE')"],
    ["a setting", "SET ROLE v7_agent"],
  ])("is refused: %s", async (_, sql) => {
    const { message } = await faultOf(async () => {
      refuseNamedRoles([await stepOf(sql)], MATRIX, "_b1");
    });
    expect(message).toContain('the amendment "x", whose SQL names the role "v7_agent"');
  });

  it("is refused in the inverse, too", async () => {
    const step = await stepOf("SELECT 1", "REVOKE SELECT ON t FROM v7_agent");
    const { code } = await faultOf(() => {
      refuseNamedRoles([step], MATRIX, "_b1");
    });
    expect(code).toBe("SETTING_INVALID");
  });

  it("is accepted without a suffix", async () => {
    const step = await stepOf("GRANT SELECT ON t TO v7_agent");
    expect(() => {
      refuseNamedRoles([step], MATRIX, "");
    }).not.toThrow();
  });

  it.each([
    ["a longer name", "CREATE POLICY v7_agent_insert ON t FOR INSERT WITH CHECK (true)"],
    ["a longer name, before", 'CREATE TABLE "old_v7_agent" ()'],
    ["a comment", "-- v7_agent\nSELECT /* v7_agent */ 1"],
  ])("is not found in %s", async (_, sql) => {
    const step = await stepOf(sql);
    expect(() => {
      refuseNamedRoles([step], MATRIX, "_b1");
    }).not.toThrow();
  });
});
