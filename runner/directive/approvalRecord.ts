import { fault } from "../base/fault";
import type { ApprovalRecord, Step } from "../model";

/** Every column that the record names. */
export function columnsOf({ row, set, approvers, notes, time }: ApprovalRecord): readonly string[] {
  return [...Object.keys(row), ...Object.keys(set), approvers, notes, time];
}

/**
 * Refuses `records` of columns that no step makes: otherwise only the approved run itself would find the mistake.
 *
 * @throws MANIFEST_INVALID where `records` names a column that no step makes
 */
export function refuseUnknownColumns(steps: readonly Step[]): void {
  const added = steps.flatMap(({ statements }) =>
    statements.flatMap(({ locked }) => (locked?.added ?? []).map(({ id }) => id)),
  );
  for (const { directive, id, records } of steps) {
    const unknown = (records === undefined ? [] : columnsOf(records)).filter(
      (column) =>
        !added.some(
          ({ kind, name, of }) =>
            kind === "column" &&
            name === column &&
            of?.schema === records?.table.schema &&
            of?.name === records?.table.name,
        ),
    );
    if (unknown.length > 0) {
      throw fault("MANIFEST_INVALID", {
        what: `reading "sql/${directive}/manifest.yaml"`,
        found: `step "${id}", whose records name ${unknown.map((one) => `"${one}"`).join(", ")}`,
        expected: "columns that a directive's steps make, in the table that records name",
        remedy: "Correct `records`",
      });
    }
  }
}
