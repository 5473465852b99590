import { fault, type Fault } from "../../runner/base/fault";
import { dartCaller, type DartAccess, type DartCaller } from "./dartCall";

/** The request that files a report, as DART's public API documents it: POST /tasks. */
export interface DartTask {
  readonly title: string;
  /** The full title of the dartboard, DART's word for a list of tasks: the journal. */
  readonly dartboard: string;
  /** Markdown. */
  readonly description: string;
}

export interface Filed {
  /** Whether this call filed it; false where one was there. */
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
/** A journal with more tasks than this is none that we can look through. */
const MAX_PAGES = 50;
/** Filters of DART's own that hide nothing that counts: what we ask for by name, and the trash. */
const HARMLESS = ["iscompleted", "intrash", "dartboard"];

/**
 * Files a task once. Looks first whether the dartboard has one whose title begins with `prefix`: Article 5.1 asks for a
 * single report, so that one of another day is found too. A request that got no answer may have been carried out: before
 * it is sent again it is looked for again.
 *
 * Two calls at the same moment can both file: DART's API has no key against it.
 *
 * @throws DART_REFUSED
 */
export async function fileReport(
  task: DartTask,
  prefix: string,
  access: DartAccess,
): Promise<Filed> {
  const call = dartCaller(access);
  const find = (): Promise<Filed | undefined> => findTask(call, task.dartboard, prefix);
  const before = await find();
  if (before !== undefined) {
    return before;
  }
  const answer = await call.post("/tasks", { item: task }, async () => await find());
  if (isFiled(answer)) {
    return { ...answer, isNew: true };
  }
  const { item } = answer as { readonly item?: Partial<ListedTask> };
  if (typeof item?.title !== "string") {
    throw unexpected("POST /tasks", "an answer without the task");
  }
  return { isNew: true, title: item.title, ...urlOf(item) };
}

function isFiled(answer: unknown): answer is Filed {
  return typeof (answer as Partial<Filed>).isNew === "boolean";
}

async function findTask(
  call: DartCaller,
  dartboard: string,
  prefix: string,
): Promise<Filed | undefined> {
  // Asked for by name, because DART may leave completed tasks out of a list by default.
  for (const isCompleted of ["false", "true"]) {
    for (let page = 0; ; page += 1) {
      const list = asList(
        await call.get("/tasks/list", {
          dartboard,
          is_completed: isCompleted,
          limit: String(PAGE),
          offset: String(page * PAGE),
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
        throw unexpected("GET /tasks/list", `more than ${String(MAX_PAGES * PAGE)} tasks`);
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
