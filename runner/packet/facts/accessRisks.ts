import { when } from "../../base/when";
import type { Rehearsal } from "../../rehearsal/model";
import type { AccessRow, Risk } from "../model";
import { rehearsedAccess } from "./accessRows";
import { grouped } from "./lists";

/** Roles that the access matrix gives nothing: PUBLIC, and the roles of a Supabase project's Data API. */
const EVERYBODY: ReadonlySet<string> = new Set(["PUBLIC", "anon", "authenticated", "service_role"]);

/** What these roles gain by the plan, and what they keep on tables that the plan touches. */
export function accessRisks(rehearsal: Rehearsal): readonly Risk[] {
  const rows = rehearsedAccess(rehearsal).filter(
    ({ role, object }) => EVERYBODY.has(role) && !object.startsWith("schema "),
  );
  const gains = rows.flatMap(({ role, object, before = [], after }) => {
    const gained = after.filter((privilege) => !before.includes(privilege));
    return when<Risk>(gained.length > 0, {
      tone: "bad",
      text: `${role} gains ${gained.join(", ")} on ${object}.`,
    });
  });
  return [
    ...gains,
    ...keeps(rows.filter(({ isChanged, after }) => !isChanged && after.length > 0)),
  ];
}

/** One risk for each object and list of privileges; it names all roles that have them. */
function keeps(rows: readonly AccessRow[]): Risk[] {
  const what = grouped(rows, ({ object, after }) => `${after.join(", ")} on ${object}`);
  return [...what].map(([can, those]) => ({
    tone: "caution",
    text: `As before, and whatever the plan adds there, ${those.map(({ role }) => role).join(", ")} can do: ${can}.`,
  }));
}
