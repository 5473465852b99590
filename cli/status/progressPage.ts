import { when } from "../../runner/base/when";
import {
  count,
  heading,
  list,
  long,
  notice,
  numbers,
  table,
  text,
  type Bar,
  type Block,
  type Page,
  type Section,
  type Tone,
} from "../../runner/pages/blocks";
import { moment } from "../../runner/pages/format";
import type { Progress, ValueCount, Phase } from "./progress";
import type { RecordedDrift } from "./recordedDrift";
import type { Run } from "./runs";

/** The page's data. */
export interface ProgressInput {
  readonly stack: string;
  readonly readAt: Date;
  /** Undefined where the directive has not been applied to the database. */
  readonly progress: Progress | undefined;
  readonly drift: RecordedDrift;
  /** Newest first. */
  readonly runs: readonly Run[];
}

/** By value in the tracking tables, the colour that says whether it is done or needs attention. */
const TONES: ReadonlyMap<string, Tone> = new Map([
  ...["completed", "approved", "validated", "retired", "pass"].map(
    (value) => [value, "good"] as const,
  ),
  ...["review", "medium", "skip"].map((value) => [value, "caution"] as const),
  ...["high", "critical", "blocked", "rolled_back", "fail"].map((value) => [value, "bad"] as const),
]);

const DRIFT_TONES = { none: "good", found: "bad", unknown: "caution" } as const;

/** The page of `v7 status --html`. */
export function progressPage({ stack, readAt, progress, drift, runs }: ProgressInput): Page {
  const completed = progress?.tasks.filter(({ status }) => status === "completed").length;
  const state =
    progress === undefined
      ? "The directive has not been applied to this database"
      : `${completed} of ${count(progress.tasks.length, "task")} completed`;
  return {
    overline: `Progress, read ${moment(readAt.toISOString())}`,
    title: `V7 migration: ${stack}`,
    summary: `${state}. Drift: ${drift.text}.`,
    head: [
      notice(progress === undefined ? "caution" : "good", state),
      notice(
        DRIFT_TONES[drift.state],
        `Drift: ${drift.text}`,
        ...when(drift.lines.length > 0, list(drift.lines)),
      ),
    ],
    sections: [...(progress === undefined ? [] : sectionsOf(progress)), runsSection(runs)],
    foot: `npx v7 status --stack ${stack} --html FILE`,
  };
}

function sectionsOf({ now, phases, tasks, files, enums, impacts, tests }: Progress): Section[] {
  const course = courseOf(phases, now, toneOf);
  const waiting = phases.filter(({ startedAt }) => startedAt === null).length;
  return [
    section(
      "Course",
      bars(course),
      ...(waiting === 0 ? [] : [text(`${count(waiting, "phase")} not started.`)]),
    ),
    section(
      "Phases",
      bars(
        phases.map(({ number, name, status, lead, tasks: all, completedTasks }) => ({
          label: `${number}. ${name} (${lead})`,
          value: `${completedTasks} of ${all} tasks, ${status}`,
          share: all === 0 ? 0 : completedTasks / all,
          tone: toneOf(status),
        })),
      ),
    ),
    section(
      "Tasks",
      tasks.length === 0
        ? NONE
        : table(
            ["Phase", "Number", long("Task"), long("Persona"), long("Status")],
            tasks.map(({ phase, number, name, persona, status }) =>
              [phase ?? "", number, name, persona, status ?? ""].map(String),
            ),
          ),
    ),
    section(
      "Counts",
      heading("Files"),
      chart(files),
      heading("ENUM migrations"),
      chart(enums),
      heading("Impacts, by risk"),
      chart(impacts),
      heading("Test results"),
      chart(tests),
    ),
  ];
}

function runsSection(runs: readonly Run[]): Section {
  return section(
    "Last runs",
    runs.length === 0
      ? NONE
      : table(
          ["When", "Action", numbers("Steps"), "Run by", long("Approved by")],
          runs.map(({ at, action, steps, by, approvedBy }) => [
            moment(at.toISOString()),
            action,
            String(steps),
            by,
            approvedBy.join(", ") || "nobody: no approval was needed",
          ]),
        ),
  );
}

function section(title: string, ...blocks: readonly Block[]): Section {
  return { id: title.toLowerCase().replaceAll(" ", "-"), title, blocks };
}

function chart(counts: readonly ValueCount[]): Block {
  const most = Math.max(1, ...counts.map((one) => one.count));
  return bars(
    counts.map(({ value, count: number }) => ({
      label: value ?? "(none)",
      value: String(number),
      share: number / most,
      tone: toneOf(value ?? ""),
    })),
  );
}

const NONE = text("None yet.");

function bars(rows: readonly Bar[]): Block {
  return rows.length === 0 ? NONE : { kind: "bars", bars: rows };
}

function toneOf(value: string): Tone {
  return TONES.get(value) ?? "quiet";
}

/** The least share of the picture's width that a phase gets, so that a short phase can be seen. */
const LEAST = 0.01;

/**
 * The phases over time, by the tables' time stamps: from the start of a phase, or of its first task, until its completion,
 * or until now. Phases that have not started are left out.
 */
export function courseOf(
  phases: readonly Phase[],
  now: string,
  toneOf: (status: string) => Tone,
): readonly Bar[] {
  const times = phases.flatMap(({ number, name, status, startedAt, completedAt }) =>
    startedAt === null
      ? []
      : [{ label: `${number}. ${name}`, status, startedAt, end: completedAt ?? now, completedAt }],
  );
  const first = Math.min(...times.map(({ startedAt }) => Date.parse(startedAt)));
  const last = Math.max(...times.map(({ end }) => Date.parse(end)));
  const share = (time: string): number => (Date.parse(time) - first) / Math.max(1, last - first);
  return times.map(({ label, status, startedAt, end, completedAt }) => ({
    label,
    value: `${day(startedAt)} to ${completedAt === null ? "now" : day(completedAt)}, ${status}`,
    from: Math.min(1 - LEAST, share(startedAt)),
    share: Math.max(LEAST, share(end) - share(startedAt)),
    tone: toneOf(status),
  }));
}

function day(time: string): string {
  return time.slice(0, 10);
}
