import type { ClientBase } from "pg";
import type { Difference } from "../catalog/compare";
import { createdObjects } from "../directive/createdObjects";
import { repairFor } from "../repair";
import type { MembershipGrant, Repair, RepairContext } from "../repair/context";
import { findPossibleAuthors } from "./possibleAuthors";
import { SEVERITIES, severityOf, type Severity } from "./severity";
import { verifyDatabase, type Verification, type VerifyRequest } from "./verify";

/** One difference, with all that a person needs to judge it and to put it right. */
export interface Finding extends Difference {
  /** The snapshot's entry; null where there is none. */
  readonly expected: unknown;
  readonly actual: unknown;
  readonly severity: Severity;
  /** Who can have caused it, as far as the server knows. */
  readonly causes: readonly string[];
  readonly repair: Repair;
}

export interface Drift extends Omit<Verification, "expected" | "live"> {
  /** The gravest first. Empty: no drift. */
  readonly findings: readonly Finding[];
}

/**
 * Every difference between what was approved and what is there, and nothing else; each with its severity, who can have
 * caused it, and what repairs it. Reads only, and only what concerns the directives' objects.
 *
 * @throws what the server throws: a login that may not read v7_control.history, a time-out
 */
export async function findDrift(client: ClientBase, request: VerifyRequest): Promise<Drift> {
  const { expected, live, ...verification } = await verifyDatabase(client, request);
  const { differences, objects, owner } = verification;
  if (differences.length === 0) {
    return { ...verification, findings: [] };
  }
  const context: RepairContext = {
    created: createdObjects(request.steps),
    expected,
    live,
    differences,
    owner,
    access: request.access,
    objects,
    memberships: await membershipGrants(client, request, verification),
    renamed: await findRenamed(client, { expected, differences }),
  };
  const possibleAuthors = await findPossibleAuthors(
    client,
    request.access,
    verification,
    context.memberships,
  );
  const findings = differences.map((difference) => ({
    ...difference,
    expected: expected[difference.object] ?? null,
    actual: live[difference.object] ?? null,
    severity: severityOf(context, difference),
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

/** Where a missing table is now: whoever renames or moves a table leaves its primary key's index its name. */
async function findRenamed(
  client: ClientBase,
  { expected, differences }: Pick<RepairContext, "expected" | "differences">,
): Promise<ReadonlyMap<string, string>> {
  const missing = differences.flatMap(({ object, kind }) =>
    kind === "missing" && object.startsWith("table ") ? [object.slice("table ".length)] : [],
  );
  const keys = Object.entries(expected).flatMap(([key, value]) => {
    const { primary, definition } = value as { primary?: boolean; definition?: string };
    const relation = / ON (\S+) USING /.exec(definition ?? "")?.[1] ?? "";
    return primary === true && missing.includes(relation)
      ? [{ relation, index: key.slice(key.lastIndexOf(".") + 1) }]
      : [];
  });
  if (keys.length === 0) {
    return new Map();
  }
  const { rows } = await client.query<{ index: string; now: string }>(
    `SELECT i.relname AS index, n.nspname || '.' || t.relname AS now
       FROM unnest($1::name[]) AS named(name)
       JOIN pg_class i ON i.relname = named.name JOIN pg_index x ON x.indexrelid = i.oid
       JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace`,
    [keys.map(({ index }) => index)],
  );
  return new Map(
    keys.flatMap(({ relation, index }) => {
      const found = rows.filter((row) => row.index === index);
      return found.length === 1 ? [[relation, found[0]?.now ?? ""] as const] : [];
    }),
  );
}
