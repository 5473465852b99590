import { formatTable, type TableRow } from "../../runner/base/table";
import { visible } from "../../runner/base/visible";
import type { Progress, ValueCount } from "./progress";

/** Width of a full bar, in characters. */
const BAR = 24;

/** The tasks and the counts for a terminal. */
export function formatProgress({ tasks, files, enums, impacts, tests }: Progress): string {
  const rows = tasks.map((task): TableRow => ({ ...task, task: task.number }));
  return [
    "Tasks (v7_subworkflow_tasks)",
    rows.length === 0
      ? "(none yet)"
      : formatTable(["phase", "task", "name", "persona", "status"], rows),
    ...formatCounts("Files (file_audit)", files),
    ...formatCounts("ENUM migrations (v7_enum_migrations)", enums),
    ...formatCounts("Impacts by risk (v7_global_impacts)", impacts),
    ...formatCounts("Test results (v7_test_results)", tests),
  ].join("\n");
}

function formatCounts(title: string, counts: readonly ValueCount[]): string[] {
  const most = Math.max(1, ...counts.map(({ count }) => count));
  const names = counts.map(({ value }) => oneLine(value ?? "(none)"));
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = counts.map(({ count }, index) => {
    const bar = "#".repeat(Math.max(1, Math.round((count / most) * BAR)));
    return `  ${(names[index] ?? "").padEnd(width)}  ${bar.padEnd(BAR)}  ${count}`;
  });
  return ["", title, ...(lines.length === 0 ? ["  (none yet)"] : lines)];
}

function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, " ");
}
