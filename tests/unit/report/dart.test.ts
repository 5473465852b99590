import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileReport, type DartTask, type Filed } from "../../../cli/report/dart";
import { faultOf } from "../../support/faults";

const TOKEN = "dsa_a-secret";
const TASK: DartTask = {
  title: "COMPLETION - 2026-11-24",
  dartboard: "General/Journal of <Claude> & others",
  description: "# report",
};

/** A local server that speaks the two requests that DART's own clients send, GET /tasks/list and POST /tasks. */
let server: Server;
let tasks: { title: string; dartboard: string; isCompleted: boolean; htmlUrl: string }[];
let requests: string[];
/** By method, the statuses to answer before the real answer; "lost" carries the request out and sends no answer. */
let troubles: Record<string, (number | "lost")[]>;
let meta: unknown;

beforeAll(async () => {
  server = createServer((request, response) => {
    void handle(request).then((answer) => {
      if (answer !== undefined) {
        response.writeHead(answer.status, { "Content-Type": "application/json" });
        response.end(answer.body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  [tasks, requests, troubles, meta] = [[], [], {}, undefined];
});

async function handle(
  request: IncomingMessage,
): Promise<{ status: number; body: string } | undefined> {
  const { method = "", headers: sent } = request;
  const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
  let body = "";
  for await (const part of request) {
    body += String(part);
  }
  requests.push(`${method} ${pathname}`);
  if (sent.authorization !== `Bearer ${TOKEN}`) {
    return { status: 401, body: `{"errors": "bad ${String(sent.authorization)}"}` };
  }
  const trouble = troubles[method]?.shift();
  if (typeof trouble === "number") {
    return { status: trouble, body: "trouble" };
  }
  if (method === "POST" && pathname === "/api/tasks") {
    const { item } = JSON.parse(body) as { item: DartTask };
    const made = { ...item, isCompleted: false, htmlUrl: `https://dart.test/t/${tasks.length}` };
    tasks.push(made);
    return trouble === "lost" ? undefined : { status: 200, body: JSON.stringify({ item: made }) };
  }
  const matching = tasks.filter(
    (one) =>
      one.dartboard === searchParams.get("dartboard") &&
      String(one.isCompleted) === searchParams.get("is_completed"),
  );
  const [offset, limit] = [Number(searchParams.get("offset")), Number(searchParams.get("limit"))];
  return {
    status: 200,
    body: JSON.stringify({
      count: matching.length,
      next: matching.length > offset + limit ? "https://elsewhere.test/next" : null,
      results: matching.slice(offset, offset + limit),
      meta,
    }),
  };
}

function file(changes: { token?: string; timeoutMs?: number } = {}): Promise<Filed> {
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  return fileReport(TASK, "COMPLETION - ", {
    token: TOKEN,
    baseUrl,
    timeoutMs: 5000,
    ...changes,
  });
}

const posts = (): number => requests.filter((one) => one.startsWith("POST")).length;
const other = (title: string, isCompleted = false): (typeof tasks)[number] => ({
  title,
  isCompleted,
  dartboard: TASK.dartboard,
  htmlUrl: "https://dart.test/t/other",
});

describe("filing the report in DART", () => {
  it("makes one task with the report, and none when it runs again", async () => {
    expect(await file()).toEqual({ isNew: true, title: TASK.title, url: "https://dart.test/t/0" });
    expect(await file()).toMatchObject({ isNew: false, url: "https://dart.test/t/0" });
    expect(tasks).toMatchObject([TASK]);
  });

  it("finds a completed report of another day after many other tasks", async () => {
    tasks = Array.from({ length: 250 }, (_, index) => other(`task ${index}`, true));
    tasks.push(other("COMPLETION - 2026-11-01", true));
    expect(await file()).toMatchObject({ isNew: false, title: "COMPLETION - 2026-11-01" });
    expect(posts()).toBe(0);
  });

  it("ignores a report on another dartboard", async () => {
    tasks.push({ ...other(TASK.title), dartboard: "General/Other" });
    expect(await file()).toMatchObject({ isNew: true });
  });

  it("does not file twice if the first answer was lost and it runs again", async () => {
    troubles = { POST: ["lost"] };
    expect((await faultOf(() => file({ timeoutMs: 400 }))).message).toContain(
      "found no answer within 400 ms",
    );
    expect(await file()).toMatchObject({ isNew: false, title: TASK.title });
    expect(posts()).toBe(1);
  });

  it("does not send a failed request again", async () => {
    troubles = { GET: [500] };
    expect((await faultOf(() => file())).message).toMatch(
      /^DART_REFUSED: GET \/tasks\/list of DART's public API: found status 500, expected/,
    );
    expect(requests).toHaveLength(1);
  });

  it("shows DART's message, without the token", async () => {
    const { code, message } = await faultOf(() => file({ token: "dsa_another-secret" }));
    expect(code).toBe("DART_REFUSED");
    expect(message).toContain("found status 401");
    expect(message).toContain("DART said: ");
    expect(message).not.toContain("another-secret");
    expect(requests).toHaveLength(1);
  });

  it("files nothing if DART filtered the list by something else than the request", async () => {
    meta = { defaultsApplied: true, appliedDefaultFilters: { assignee: "me", in_trash: false } };
    expect((await faultOf(() => file())).message).toContain("DART filtered by assignee");
    expect(posts()).toBe(0);
  });

  it.each(["http://dart.test", "ftp://dart.test", "https://user@dart.test", "dart"])(
    "sends no token to %s",
    async (baseUrl) => {
      const { code } = await faultOf(() => fileReport(TASK, "x", { token: TOKEN, baseUrl }));
      expect(code).toBe("COMMAND_INVALID");
    },
  );
});
