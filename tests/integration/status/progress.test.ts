import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { progressHtml } from "../../../cli/progressHtml";
import { readProgress, type Progress } from "../../../cli/status/progress";
import { withConnection } from "../../../runner/postgres/connection";
import { axeViolations } from "../../support/axe";
import { startBrowser } from "../../support/browser";
import { connectionOf } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import { measureContrast, pageWidth } from "../../support/inPage.cjs";
import { startTestServer, type TestServer } from "../../support/postgres";
import { ROOT } from "../../support/repository";

const HOSTILE = `<img src="http://127.0.0.1:1/x" onerror="alert(1)"><script>alert(2)</script>${"long".repeat(20)}`;

let server: TestServer;
let browser: Browser;
let folder: string;
let progress: Progress | undefined;
let page: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "v7-status-"));
  [server, browser] = await Promise.all([startTestServer({ major: 17 }), startBrowser()]);
  const { database } = await carriedOut(server);
  const owner = await database.connect();
  await owner.query(
    `INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona, status)
       VALUES (40, 2, $1, 'L8', 'completed'), (NULL, 9, 'of no phase', 'L8', NULL)`,
    [HOSTILE],
  );
  await owner.query(
    `INSERT INTO v7_global_impacts (change_type, change_detail, affected_workflows, affected_layers, impact_description, risk_assessment)
       SELECT 'enum', '{}', '{WF1}', '{1}', 'an impact', risk FROM unnest('{critical,other,medium,low}'::text[]) AS risk`,
  );
  progress = await withConnection(connectionOf(database), readProgress);
  page = join(folder, "page.html");
  const drift = [`changed: ${HOSTILE}`];
  writeFileSync(page, progressHtml({ stack: "dev", readAt: new Date(0), progress, drift }));
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe("the progress", () => {
  it("is what the dashboard and the tables hold", () => {
    expect(progress).toEqual({
      phases: [
        {
          number: 4,
          name: "Database Phase",
          status: "not_started",
          lead: expect.any(String) as string,
          tasks: 7,
          completedTasks: 0,
        },
        {
          number: 40,
          name: "Database",
          status: "not_started",
          lead: "L8",
          tasks: 2,
          completedTasks: 1,
        },
        {
          number: 50,
          name: "Files",
          status: "not_started",
          lead: "L2",
          tasks: 0,
          completedTasks: 0,
        },
      ],
      tasks: expect.arrayContaining([
        { phase: 40, number: 2, name: HOSTILE, persona: "L8", status: "completed" },
        { phase: null, number: 9, name: "of no phase", persona: "L8", status: null },
      ]) as unknown,
      files: [{ value: "pending_assessment", count: 2 }],
      enums: [{ value: "proposed", count: 2 }],
      impacts: [
        { value: "critical", count: 1 },
        { value: "medium", count: 1 },
        { value: "low", count: 2 },
        { value: "other", count: 1 },
      ],
      tests: [{ value: "pass", count: 1 }],
    });
    expect(progress?.tasks).toHaveLength(10);
  });

  it("is none where the directive does not stand", async () => {
    const database = await server.createDatabase({ shape: "supabase" });
    expect(await withConnection(connectionOf(database), readProgress)).toBeUndefined();
  });
});

/** Opens the page and gives what it holds; whatever it logged or asked for besides itself fails the test. */
async function look<T>(
  options: BrowserContextOptions,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext(options);
  try {
    const opened = await context.newPage();
    const noises: string[] = [];
    opened.on("console", (message) => noises.push(message.text()));
    opened.on("pageerror", (error) => noises.push(error.message));
    opened.on("request", (request) =>
      request.url() === `file://${page}` ? undefined : noises.push(request.url()),
    );
    await opened.goto(`file://${page}`);
    const result = await use(opened);
    expect(noises).toEqual([]);
    return result;
  } finally {
    await context.close();
  }
}

describe("the progress's page in Chromium", () => {
  it("is as wide as the window and no wider", async () => {
    for (const width of [320, 768, 1440]) {
      const viewport = { width, height: 800 };
      expect(await look({ viewport }, (one) => one.evaluate(pageWidth))).toBe(width);
    }
  });

  it("has room for every bar on a phone", async () => {
    const widths = await look({ viewport: { width: 320, height: 800 } }, async (one) =>
      Promise.all((await one.locator(".bars svg").all()).map((bar) => bar.boundingBox())),
    );
    expect(widths).toHaveLength(10);
    expect(widths.filter((box) => (box?.width ?? 0) < 60)).toEqual([]);
  });

  it.each([
    ["light", "rgb(250, 250, 248)"],
    ["dark", "rgb(21, 24, 27)"],
  ] as const)("has contrast enough for every text, %s", async (colorScheme, expected) => {
    const { faint, texts, ground } = await look({ colorScheme }, (one) =>
      one.evaluate(measureContrast),
    );
    expect({ ground, faint }).toEqual({ ground: expected, faint: [] });
    expect(texts).toBeGreaterThan(60);
  });

  it.each(["light", "dark"] as const)(
    "has nothing that axe-core finds wrong, %s",
    async (scheme) => {
      expect(await axeViolations(browser, page, scheme)).toEqual([]);
    },
  );

  it("shows what the database holds as text, and a bar as long as its share", async () => {
    const shown = await look({ viewport: { width: 1200, height: 800 } }, async (one) => ({
      task: await one.locator("td", { hasText: "onerror" }).innerText(),
      images: await one.locator("img, script").count(),
      bars: await one.locator(".bars rect").count(),
      half: await one.locator(".bars rect").nth(1).getAttribute("width"),
    }));
    expect(shown).toEqual({ task: HOSTILE, images: 0, bars: 10, half: "50.00" });
  });
});

describe("watch", () => {
  it("shows it again until Ctrl-C, and ends with 0", async () => {
    const code = `require("ts-node/register/transpile-only");
      const { watch } = require(${JSON.stringify(join(ROOT, "cli", "watch"))});
      let n = 0;
      watch(async () => process.stdout.write("shown " + ++n + "\\n"), 20).then(() => process.stdout.write("ended\\n"));`;
    const child = spawn(process.execPath, ["-e", code], { cwd: ROOT });
    let out = "";
    let isStopped = false;
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString();
      // A second signal, after the first was heeded, would be the last.
      if (!isStopped && out.includes("shown 3\n")) {
        isStopped = true;
        child.kill("SIGINT");
      }
    });
    const ended = await new Promise((resolve) =>
      child.on("close", (status, signal) => {
        resolve({ status, signal });
      }),
    );
    expect(ended).toEqual({ status: 0, signal: null });
    expect(out).toMatch(/^shown 1\nshown 2\nshown 3\n[^]*ended\n$/);
  });
});
