import { fault, type Fault } from "../../runner/base/fault";
import { callDart, type DartAccess } from "./dartCall";

/** The request that files a report, as DART's public API documents it: POST /tasks. */
export interface DartTask {
  readonly title: string;
  /** The full title of the dartboard, DART's word for a list of tasks: the journal. */
  readonly dartboard: string;
  /** Markdown. */
  readonly description: string;
}

export interface Filed {
  /** Whether this call filed it; false where a report was there already. */
  readonly isNew: boolean;
  readonly title: string;
  /** Where it can be read; undefined where DART did not say. */
  readonly url?: string;
}

/** The part of DART's concise task that is read here. */
interface ListedTask {
  readonly title: string;
  readonly htmlUrl?: string;
}

interface TaskList {
  readonly results: readonly ListedTask[];
  readonly next?: string | null;
  readonly meta?: { readonly appliedDefaultFilters?: Readonly<Record<string, unknown>> } | null;
}

const PAGE = 100;
/** A dartboard with more pages is not searched: the call is refused. */
const MAX_PAGES = 50;
/** Default filters of DART's that can hide no report: those that the request sets itself, and that of the trash. */
const HARMLESS = ["iscompleted", "intrash", "dartboard"];

/**
 * Files a task, unless the dartboard has one whose title begins with `prefix`: Article 5.1 asks for a single report, and
 * one of another day counts. Where a request gets no answer, the next call finds out whether it was carried out.
 *
 * Two calls at the same moment can both file a task: DART's API cannot prevent it.
 *
 * @throws DART_REFUSED
 */
export async function fileReport(
  task: DartTask,
  prefix: string,
  access: DartAccess,
): Promise<Filed> {
  const before = await findTask(access, task.dartboard, prefix);
  if (before !== undefined) {
    return before;
  }
  const answer = await callDart(access, { method: "POST", path: "/tasks", body: { item: task } });
  const { item } = answer as { readonly item?: Partial<ListedTask> };
  if (typeof item?.title !== "string") {
    throw unexpected("POST /tasks", "an answer without the task");
  }
  return { isNew: true, title: item.title, ...urlOf(item) };
}

async function findTask(
  access: DartAccess,
  dartboard: string,
  prefix: string,
): Promise<Filed | undefined> {
  // Both values are requested: by default DART may leave completed tasks out of a list.
  for (const isCompleted of ["false", "true"]) {
    for (let page = 0; ; page += 1) {
      const list = asList(
        await callDart(access, {
          method: "GET",
          path: "/tasks/list",
          query: {
            dartboard,
            is_completed: isCompleted,
            limit: String(PAGE),
            offset: String(page * PAGE),
          },
        }),
      );
      const found = list.results.find(({ title }) => title.startsWith(prefix));
      if (found !== undefined) {
        return { isNew: false, title: found.title, ...urlOf(found) };
      }
      if (typeof list.next !== "string" || list.results.length === 0) {
        break;
      }
      if (page + 1 === MAX_PAGES) {
        throw unexpected("GET /tasks/list", `more than ${MAX_PAGES * PAGE} tasks`);
      }
    }
  }
  return undefined;
}

function asList(answer: unknown): TaskList {
  const { results, meta } = answer as Partial<TaskList>;
  if (
    !Array.isArray(results) ||
    results.some((one: unknown) => typeof (one as Partial<ListedTask> | null)?.title !== "string")
  ) {
    throw unexpected("GET /tasks/list", "an answer without tasks and their titles");
  }
  const hiding = Object.keys(meta?.appliedDefaultFilters ?? {}).filter(
    (name) => !HARMLESS.includes(name.replaceAll("_", "").toLowerCase()),
  );
  if (hiding.length > 0) {
    throw unexpected(
      "GET /tasks/list",
      `a list that DART filtered by ${hiding.join(", ")}, in which a report may be hidden`,
    );
  }
  return answer as TaskList;
}

function urlOf({ htmlUrl }: Partial<ListedTask>): { readonly url?: string } {
  return typeof htmlUrl === "string" ? { url: htmlUrl } : {};
}

function unexpected(request: string, found: string): Fault {
  return fault("DART_REFUSED", {
    what: `${request} of DART's public API`,
    found,
    remedy: "Look in the dartboard whether a report is there; file it by hand where none is",
  });
}
