import type { Html } from "../runner/packet/html/html";
import { markup } from "../runner/packet/html/html";
import { ownStyle } from "../runner/packet/html/ownStyle";
import { STYLE as PACKET_STYLE } from "../runner/packet/html/style";
import type { Phase, Progress, Task, ValueCount } from "./status/progress";

/** What the page shows beside the progress itself. */
export interface ProgressPage {
  readonly stack: string;
  readonly readAt: Date;
  /** Undefined where the directive has not been applied to the database. */
  readonly progress: Progress | undefined;
  /** As the last `up` or `refresh` recorded it. */
  readonly drift: readonly string[];
}

const STYLE = `${PACKET_STYLE}
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 0 3rem; }
.bars { display: grid; grid-template-columns: minmax(5rem, 11rem) minmax(4rem, 1fr) auto; gap: 0.375rem 0.75rem; align-items: center; font-size: 0.875rem; }
.bars dt, .bars dd { margin: 0; overflow-wrap: anywhere; }
.bars div { display: contents; }
.bars svg { display: block; width: 100%; height: 0.75rem; background: var(--code); border-radius: 3px; }
.bars rect { fill: var(--key); } .bars .good rect { fill: var(--good); } .bars .caution rect { fill: var(--caution); } .bars .bad rect { fill: var(--bad); }
`;

const { element: STYLE_ELEMENT, policy: POLICY } = ownStyle(STYLE);

/** The values that say that somebody should look, and those that say that it is done. */
const TONES: Readonly<Record<string, string>> = {
  completed: "good",
  approved: "good",
  validated: "good",
  retired: "good",
  pass: "good",
  review: "caution",
  medium: "caution",
  skip: "caution",
  high: "bad",
  critical: "bad",
  blocked: "bad",
  rolled_back: "bad",
  fail: "bad",
};

/** The progress as one self-contained page: no script, no network; everything that comes from the database is escaped. */
export function progressHtml({ stack, readAt, progress, drift }: ProgressPage): string {
  const title = `V7 migration: ${stack}`;
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <p class="overline">Progress, read ${readAt.toISOString().slice(0, 16).replace("T", " ")} UTC</p>
          <h1>${title}</h1>
          ${driftHtml(drift)}
        </header>
        <main>
          ${progress === undefined ? markup`<p>The directive has not been applied to this database.</p>` : sectionsHtml(progress)}
        </main>
        <footer><p>npx v7 status --stack ${stack} --html FILE</p></footer>
      </body>
    </html> `.text;
}

function driftHtml(drift: readonly string[]): Html {
  return drift.length === 0
    ? markup`<div class="notice good"><p class="title">No drift, by the last up or refresh</p></div>`
    : markup`<div class="notice bad">
        <p class="title">Drift, by the last up or refresh</p>
        <ul>${drift.map((line) => markup`<li>${line}</li>`)}</ul>
      </div>`;
}

function sectionsHtml({ phases, tasks, files, enums, impacts, tests }: Progress): Html {
  return markup`
    <section aria-labelledby="phases">
      <h2 id="phases">Phases</h2>
      ${phases.length === 0 ? markup`<p>No phases yet.</p>` : bars(phases.map(phaseBar))}
    </section>
    <section aria-labelledby="tasks">
      <h2 id="tasks">Tasks</h2>
      ${tasks.length === 0 ? markup`<p>No tasks yet.</p>` : tasksHtml(tasks)}
    </section>
    <section class="charts" aria-label="Counts">
      ${chart("Files", files)} ${chart("ENUM migrations", enums)}
      ${chart("Impacts, by risk", impacts)} ${chart("Test results", tests)}
    </section>`;
}

interface Bar {
  readonly label: string;
  readonly value: string;
  /** 0 to 1. */
  readonly share: number;
  readonly tone: string;
}

function phaseBar({ number, name, status, lead, tasks, completedTasks }: Phase): Bar {
  return {
    label: `${number}. ${name} (${lead})`,
    value: `${completedTasks} of ${tasks} tasks, ${status}`,
    share: tasks === 0 ? 0 : completedTasks / tasks,
    tone: TONES[status] ?? "",
  };
}

function chart(title: string, counts: readonly ValueCount[]): Html {
  const most = Math.max(1, ...counts.map(({ count }) => count));
  const rows = counts.map(({ value, count }) => ({
    label: value ?? "(none)",
    value: String(count),
    share: count / most,
    tone: TONES[value ?? ""] ?? "",
  }));
  return markup`<div><h3>${title}</h3>${counts.length === 0 ? markup`<p>None yet.</p>` : bars(rows)}</div>`;
}

/** The number is beside each bar: the drawing adds nothing that a reader of the text would miss. */
function bars(rows: readonly Bar[]): Html {
  return markup`<dl class="bars">
    ${rows.map(
      ({ label, value, share, tone }) =>
        markup`<div class="${tone}"><dt>${label}</dt>
          <dd aria-hidden="true"><svg viewBox="0 0 100 1" preserveAspectRatio="none"><rect width="${(share * 100).toFixed(2)}" height="1" /></svg></dd>
          <dd>${value}</dd></div>`,
    )}
  </dl>`;
}

function tasksHtml(tasks: readonly Task[]): Html {
  const columns = ["Phase", "Number", "Task", "Persona", "Status"];
  return markup`<div class="table"><table>
    <thead><tr>${columns.map((column) => markup`<th scope="col">${column}</th>`)}</tr></thead>
    <tbody>
      ${tasks.map(({ phase, number, name, persona, status }) => {
        const cells = [phase ?? "", number, name, persona, status ?? ""];
        return markup`<tr>${cells.map((cell, index) => markup`<td class="${index > 1 ? "long" : ""}" data-column="${columns[index] ?? ""}"><span>${cell}</span></td>`)}</tr>`;
      })}
    </tbody>
  </table></div>`;
}
