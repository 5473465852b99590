import type { ClientBase } from "pg";
import type { Difference } from "../catalog/compare";
import { repairFor } from "../repair";
import type { MembershipGrant, Repair, RepairContext } from "../repair/context";
import { findPossibleAuthors } from "./possibleAuthors";
import { SEVERITIES, severityOf, type Severity } from "./severity";
import { verifyDatabase, type Verification, type VerifyRequest } from "./verify";

/** One difference with its severity, possible authors and repair. */
export interface Finding extends Difference {
  /** The snapshot's entry; null where there is none. */
  readonly expected: unknown;
  readonly actual: unknown;
  readonly severity: Severity;
  /** Who can have caused it: {@link findPossibleAuthors}. */
  readonly causes: readonly string[];
  readonly repair: Repair;
}

export interface Drift extends Omit<Verification, "expected" | "live" | "ids" | "ran" | "access"> {
  /** The most severe first. Empty: no drift. */
  readonly findings: readonly Finding[];
}

/**
 * Finds every difference between the database and what was approved, with its severity, possible authors and repair. Reads
 * only, and only what concerns the directives' objects.
 *
 * @throws what the server throws: a login that may not read v7_control.history, a time-out
 */
export async function findDrift(client: ClientBase, request: VerifyRequest): Promise<Drift> {
  const { expected, live, ids, ran, access, ...verification } = await verifyDatabase(
    client,
    request,
  );
  const { differences, objects, owner } = verification;
  if (differences.length === 0) {
    return { ...verification, findings: [] };
  }
  const context: RepairContext = {
    steps: ran,
    expected,
    live,
    ids,
    differences,
    owner,
    access,
    objects,
    memberships: await membershipGrants(client, request, verification),
  };
  const possibleAuthors = await findPossibleAuthors(
    client,
    access,
    verification,
    context.memberships,
  );
  const findings = differences.map((difference) => ({
    ...difference,
    expected: expected[difference.object] ?? null,
    actual: live[difference.object] ?? null,
    severity: severityOf(difference, context),
    causes: possibleAuthors.of(difference),
    repair: repairFor(context, difference),
  }));
  const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
  return { ...verification, findings: findings.sort((a, b) => rank(a) - rank(b)) };
}

async function membershipGrants(
  client: ClientBase,
  { access }: VerifyRequest,
  { logins }: Pick<Verification, "logins">,
): Promise<readonly MembershipGrant[]> {
  const { rows } = await client.query<MembershipGrant>(
    `SELECT g.rolname AS "group", m.rolname AS member, pg_get_userbyid(a.grantor) AS grantor,
            current_setting('server_version_num')::int >= 160000 AS "isNamed"
       FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
      WHERE g.rolname = ANY ($1::text[]) OR m.rolname = ANY ($1::text[]) ORDER BY 1, 2, 3`,
    [[...Object.keys(access.roles), ...logins]],
  );
  return rows;
}
