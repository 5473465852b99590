import { fault, messageOf, type Fault } from "../../runner/base/fault";
import { visible } from "../../runner/base/visible";

/** The address that DART's own clients use (github.com/its-dart/dart-tools-py). */
export const DART_API = "https://app.dartai.com/api/v0/public";

export interface DartAccess {
  /** Never shown. */
  readonly token: string;
  /** Default: {@link DART_API}. https, or http to this machine alone. */
  readonly baseUrl?: string;
  /** Of one request. Default: 15000. */
  readonly timeoutMs?: number;
}

export interface DartRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/**
 * Sends one request to DART, once, and returns the JSON object of its answer.
 *
 * @throws DART_REFUSED, COMMAND_INVALID for an address that the token may not be sent to
 */
export async function callDart(
  { token, baseUrl = DART_API, timeoutMs = 15_000 }: DartAccess,
  request: DartRequest,
): Promise<unknown> {
  const { method, path, query = {}, body } = request;
  const url = new URL(`${checkedBase(baseUrl)}${path}`);
  url.search = new URLSearchParams(query).toString();
  const hide = (text: string): string => text.replaceAll(token, "[the token]");
  const signal = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      // A redirect could send the token to another host.
      redirect: "error",
      signal,
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    const why = signal.aborted ? `within ${timeoutMs} ms` : `(${messageOf(error)})`;
    throw refused(request, hide(`no answer ${why}`));
  }
  if (response.status !== 200 && response.status !== 201) {
    throw refused(request, `status ${response.status}`, hide(visible(text).slice(0, 300)));
  }
  return parsed(request, text);
}

function parsed(request: DartRequest, text: string): unknown {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) {
      return answer;
    }
  } catch {
    // Not JSON: refused below.
  }
  throw refused(request, "an answer that is no JSON object");
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
