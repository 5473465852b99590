import { setTimeout as sleep } from "node:timers/promises";
import { fault, messageOf, type Fault } from "../../runner/base/fault";
import { visible } from "../../runner/base/visible";

/** As DART's own clients have it (github.com/its-dart/dart-tools-py). */
export const DART_API = "https://app.dartai.com/api/v0/public";

export interface DartAccess {
  /** Never shown. */
  readonly token: string;
  /** Default: {@link DART_API}. https, or http to this machine alone. */
  readonly baseUrl?: string;
  /** Of one request. Default: 15000. */
  readonly timeoutMs?: number;
  /** Before the second try; doubled before each further one. Default: 1000. */
  readonly firstWaitMs?: number;
}

export interface DartCaller {
  get(path: string, query: Readonly<Record<string, string>>): Promise<unknown>;
  /** Before it sends again it asks `isDone`; what that finds is the answer. */
  post(path: string, body: unknown, isDone: () => Promise<unknown>): Promise<unknown>;
}

const TRIES = 4;
/** A server that wants us to wait longer is not waited for. */
const MAX_WAIT_MS = 30_000;

/** Sends requests to DART, each at most four times: again after 429, a 5xx, a time-out or a broken connection. */
export function dartCaller(access: DartAccess): DartCaller {
  const base = checkedBase(access.baseUrl ?? DART_API);
  return {
    get: (path, query) =>
      repeat(access, {
        method: "GET",
        url: `${base}${path}?${new URLSearchParams(query).toString()}`,
        path,
      }),
    post: (path, body, isDone) =>
      repeat(access, { method: "POST", url: `${base}${path}`, path, body }, isDone),
  };
}

interface DartRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly path: string;
  readonly body?: unknown;
}

/** What one try came to: an answer, or why it may be tried again, and when. */
type Attempt =
  { readonly answer: unknown } | { readonly found: string; readonly waitMs: number | undefined };

async function repeat(
  access: DartAccess,
  request: DartRequest,
  isDone?: () => Promise<unknown>,
): Promise<unknown> {
  const { firstWaitMs = 1000 } = access;
  for (let attempt = 1; ; attempt += 1) {
    const result = await send(access, request);
    if ("answer" in result) {
      return result.answer;
    }
    const waitMs = result.waitMs ?? firstWaitMs * 2 ** (attempt - 1);
    if (attempt === TRIES || waitMs > MAX_WAIT_MS) {
      throw refused(request, `${result.found}, ${attempt} times`);
    }
    await sleep(waitMs);
    const done = await isDone?.();
    if (done !== undefined) {
      return done;
    }
  }
}

async function send(access: DartAccess, request: DartRequest): Promise<Attempt> {
  const { token, timeoutMs = 15_000 } = access;
  const { method, url, body } = request;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      // A token goes to the host that it was given for, and nowhere else.
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    const found = isLate ? `no answer within ${timeoutMs} ms` : `no answer (${messageOf(error)})`;
    return { found: hide(found, token), waitMs: undefined };
  }
  const { status } = response;
  if (status === 429 || status >= 500) {
    return { found: `status ${status}`, waitMs: retryAfter(response) };
  }
  if (status !== 200 && status !== 201) {
    throw refused(request, `status ${status}`, hide(visible(text).slice(0, 300), token));
  }
  return { answer: parsed(request, text) };
}

function parsed(request: DartRequest, text: string): unknown {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) {
      return answer;
    }
  } catch {
    // Said below.
  }
  throw refused(request, "an answer that is no JSON object");
}

function retryAfter({ headers }: Response): number | undefined {
  const seconds = headers.get("Retry-After") ?? "";
  return /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

function hide(text: string, token: string): string {
  return text.replaceAll(token, "[the token]");
}

function refused({ method, path }: DartRequest, found: string, said = ""): Fault {
  return fault("DART_REFUSED", {
    what: `${method} ${path} of DART's public API`,
    found,
    expected: "status 200 or 201",
    remedy:
      "Check DART_TOKEN and the dartboard's title, then run it again: it looks first whether the report is there",
    ...(said.trim() === "" ? {} : { detail: [`DART said: ${said}`] }),
  });
}

function checkedBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url?.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname);
  if (url === undefined || !(url.protocol === "https:" || isLocal) || url.username !== "") {
    throw fault("COMMAND_INVALID", {
      what: "reading DART_API_BASE_URL",
      found: "an address that the token may not be sent to",
      expected: `https, such as ${DART_API}`,
      remedy: "Correct it, or leave it out",
    });
  }
  return text.replace(/\/+$/, "");
}
