import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { readProgress } from "../../../cli/status/progress";
import { progressPage } from "../../../cli/status/progressPage";
import { recordedDrift } from "../../../cli/status/recordedDrift";
import { lastRuns } from "../../../cli/status/runs";
import { loadDirectives } from "../../../runner/directive/directive";
import { checkDrift } from "../../../runner/drift/checkDrift";
import { driftPage } from "../../../runner/drift/driftPage";
import { driftReport } from "../../../runner/drift/report";
import { readHistory } from "../../../runner/history/history";
import { makePacket } from "../../../runner/packet";
import { packetPage } from "../../../runner/packet/page";
import type { Page as Content } from "../../../runner/pages/blocks";
import { pageHtml } from "../../../runner/pages/html/page";
import type { PreparedPlan } from "../../../runner/plan/plan";
import { preparePlan, prepareRollback } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { axeViolations } from "../../support/axe";
import { startBrowser } from "../../support/browser";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import { carriedOut } from "../../support/drift";
import {
  brokenWords,
  cutOff,
  foldedCodeSeen,
  measureContrast,
  openFolded,
  pageWidth,
} from "../../support/inPage.cjs";
import { changedDocuments, packetInput, sampleRehearsal } from "../../support/packet";
import { startTestServer, type TestServer } from "../../support/postgres";

const LONG = "a_name_of_sixty_three_characters_which_is_the_longest_that_is_ok";
const HOSTILE = `<img src="http://127.0.0.1:1/x" onerror="alert(1)"><script>alert(2)</script>${"long".repeat(20)}`;
/** Somebody opens tables, takes an index, and changes a column, a view and the function that guards the history. */
const DRIFT = `
  GRANT SELECT, DELETE ON v7_test_results, v7_global_impacts TO anon; GRANT SELECT ON v7_test_results TO v7_reader WITH GRANT OPTION;
  REVOKE SELECT ON v7_migration_workflow FROM v7_reader; DROP INDEX idx_test_results_status;
  ALTER TABLE v7_test_results ADD COLUMN "<b>a column of a rather long name</b>" text, ALTER COLUMN notes SET DEFAULT '<i>x</i>';
  COMMENT ON TABLE v7_global_impacts IS '${LONG}${LONG}';
  CREATE OR REPLACE FUNCTION v7_control.refuse_change() RETURNS trigger LANGUAGE plpgsql AS E'BEGIN\n  RETURN NULL;\nEND'`;
/** 182 mm, at 96 pixels an inch. */
const A4_WITHIN_MARGINS = { width: 687, height: 1009 };
const WIDTHS = [320, 360, 390, 768, 1024, 1280, 1440];

let server: TestServer;
let browser: Browser;
let folder: string;
/** By name, the file of a page. */
const pages = new Map<string, string>();

beforeAll(async () => {
  [server, browser] = await Promise.all([startTestServer({ major: 17 }), startBrowser()]);
  folder = mkdtempSync(join(tmpdir(), "v7-pages-"));
  const directives = await loadDirectives(SQL_FOLDER, []);
  const request = await applyRequest(await server.createDatabase({ shape: "supabase" }));
  const planned = await withConnection(request.connection, (client) =>
    preparePlan(client, request),
  );
  const rehearsal = sampleRehearsal(directives);
  const packet = async (prepared: PreparedPlan, more = {}): Promise<Content> =>
    packetPage(makePacket(await packetInput(prepared, directives, more)));
  save("rehearsed", await packet(planned, { rehearsal }));
  save("not rehearsed", await packet(planned));
  save("changed", await packet(planned, { documents: await changedDocuments(), rehearsal }));
  const long = { ...rehearsal.locks[0], relation: `${LONG}.${LONG}`, mode: LONG };
  const statements = rehearsal.statements.map((one) => ({
    ...one,
    firstLine: `${LONG}${LONG}`,
    locks: [`ACCESS EXCLUSIVE on ${LONG}.${LONG}`, `SHARE ROW EXCLUSIVE on ${LONG}`],
    rewrites: [`${LONG}.${LONG}`],
  }));
  const access = [
    { role: LONG, object: `${LONG}.${LONG}`, privileges: [`SELECT (${LONG}, ${LONG})`] },
  ];
  save(
    "with long names",
    await packet(
      { ...planned, obstacles: [{ found: `${LONG}${LONG}`, remedy: LONG }] },
      {
        planFile: `/${LONG}/${LONG}.json`,
        rehearsal: {
          ...rehearsal,
          statements,
          differences: [`${LONG}${LONG}`],
          locks: [long],
          accessAfter: access,
        },
      },
    ),
  );
  await saveOfDatabase(packet);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The pages about a database to which the directive was applied and that somebody else changed afterwards. */
async function saveOfDatabase(packet: (prepared: PreparedPlan) => Promise<Content>): Promise<void> {
  const { database, request } = await carriedOut(server);
  const { connection } = request;
  const rollback = await withConnection(connection, (client) => prepareRollback(client, request));
  save("rollback", await packet(rollback));
  const report = async (): Promise<Content> =>
    driftPage(driftReport("prod", connection, await checkDrift(connection, request), new Date()));
  save("no drift", await report());
  const owner = await database.connect();
  await owner.query(DRIFT);
  await owner.query(
    `INSERT INTO v7_subworkflow_tasks (parent_phase, task_number, task_name, responsible_persona, status)
       VALUES (40, 2, $1, 'L8', 'completed')`,
    [HOSTILE],
  );
  save("drift", await report());
  await owner.query(
    `UPDATE v7_migration_workflow SET phase_name = phase_name || $1, started_at = '2026-11-02',
            completed_at = CASE WHEN phase_number = 40 THEN timestamp '2026-11-20' END WHERE phase_number <> 50`,
    [HOSTILE.slice(0, 80)],
  );
  const history = await withConnection(connection, readHistory);
  const runs = lastRuns(
    history.map((row) => ({ ...row, details: { approvals: [{ approver: HOSTILE }] } })),
  );
  const progress = await withConnection(connection, readProgress);
  const drift = recordedDrift({ drift: [`changed: ${HOSTILE}`] }, undefined);
  save("progress", progressPage({ stack: "dev", readAt: new Date(0), progress, drift, runs }));
}

function save(name: string, content: Content): void {
  const file = join(folder, `${name.replaceAll(" ", "-")}.html`);
  writeFileSync(file, pageHtml(content));
  pages.set(name, file);
}

/** Opens a page and gives what `use` reads; whatever the page logs or requests except itself fails the test. */
async function look<T>(
  name: string,
  options: BrowserContextOptions,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const noises: string[] = [];
    const url = `file://${pages.get(name) ?? ""}`;
    page.on("console", (message) => noises.push(message.text()));
    page.on("pageerror", (error) => noises.push(error.message));
    page.on("request", (request) =>
      request.url() === url ? undefined : noises.push(request.url()),
    );
    await page.goto(url);
    const result = await use(page);
    expect(noises).toEqual([]);
    return result;
  } finally {
    await context.close();
  }
}

const NAMES = [
  "rehearsed",
  "not rehearsed",
  "changed",
  "with long names",
  "rollback",
  "drift",
  "no drift",
  "progress",
];

describe("a page in Chromium", () => {
  it.each(NAMES)("(%s) is as wide as the window and no wider, folded and open", async (name) => {
    for (const width of WIDTHS) {
      const widths = await look(name, { viewport: { width, height: 800 } }, async (page) => {
        const folded = await page.evaluate(pageWidth);
        await page.evaluate(openFolded);
        return [folded, await page.evaluate(pageWidth)];
      });
      expect(widths).toEqual([width, width]);
    }
  });

  it.each(NAMES)("(%s) breaks no word, on a phone and on a desktop", async (name) => {
    for (const width of [390, 1280]) {
      const broken = await look(name, { viewport: { width, height: 800 } }, async (page) => {
        await page.evaluate(openFolded);
        return await page.evaluate(brokenWords);
      });
      expect({ width, broken }).toEqual({ width, broken: [] });
    }
  });

  it.each([
    ["light", "rgb(250, 250, 248)"],
    ["dark", "rgb(21, 24, 27)"],
  ] as const)("has enough contrast for every text, %s", async (colorScheme, expected) => {
    for (const name of NAMES) {
      const { faint, texts, ground } = await look(name, { colorScheme }, async (page) => {
        await page.evaluate(openFolded);
        return await page.evaluate(measureContrast);
      });
      expect({ name, ground, faint }).toEqual({ name, ground: expected, faint: [] });
      expect(texts).toBeGreaterThan(20);
    }
  });

  it("opens every folded part without script", async () => {
    const { folded, opened } = await look(
      "rehearsed",
      { javaScriptEnabled: false },
      async (page) => {
        const summaries = await page.locator("details:not([open]) > summary").all();
        for (const summary of await page.locator("summary").all()) {
          await summary.click();
        }
        const shown = page.locator("details[open] > summary + *").filter({ visible: true });
        return { folded: summaries.length, opened: await shown.count() };
      },
    );
    expect(folded).toBeGreaterThan(13);
    expect(opened).toBe(folded);
  });

  it("prints its folded parts", async () => {
    await look("rehearsed", {}, async (page) => {
      expect(await page.evaluate(foldedCodeSeen)).toBe(0);
      await page.emulateMedia({ media: "print" });
      expect(await page.evaluate(foldedCodeSeen)).toBeGreaterThan(25);
    });
  });

  it.each(NAMES)("(%s) cuts off no line and no table on paper", async (name) => {
    const cut = await look(name, { viewport: A4_WITHIN_MARGINS }, async (page) => {
      await page.emulateMedia({ media: "print" });
      return await page.evaluate(cutOff);
    });
    expect(cut).toEqual([]);
  });

  it.each(NAMES)("(%s) prints to PDF, in pages", async (name) => {
    const pdf = await look(name, { colorScheme: "dark" }, (page) => page.pdf({ format: "A4" }));
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    const count = Number(/\/Type \/Pages[\s\S]*?\/Count (\d+)/.exec(pdf.toString("latin1"))?.[1]);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(25);
  });

  it("shows the drawing that fits: in one column on a phone, in three on a desktop", async () => {
    const shown = (width: number): Promise<(string | null)[]> =>
      look("rehearsed", { viewport: { width, height: 800 } }, async (page) => {
        await page.evaluate(openFolded);
        const drawings = await page.locator("svg").filter({ visible: true }).all();
        return await Promise.all(drawings.map((one) => one.getAttribute("class")));
      });
    expect(await shown(360)).toEqual(["narrow"]);
    expect(await shown(1280)).toEqual(["wide"]);
  });

  it("shows the verdict and the digest on a phone without scrolling", async () => {
    const bottom = await look(
      "rehearsed",
      { viewport: { width: 360, height: 740 } },
      async (page) => (await page.locator(".digest").boundingBox()) ?? { y: Infinity, height: 0 },
    );
    expect(bottom.y + bottom.height).toBeLessThan(740);
  });

  it("shows what the plan does, its risks and how to sign it within a few screens of a phone", async () => {
    const tops = await look("rehearsed", { viewport: { width: 360, height: 740 } }, (page) =>
      Promise.all(
        ["#effects", "#risks", "#sign", "#run"].map(
          async (id) => (await page.locator(id).boundingBox())?.y ?? Infinity,
        ),
      ),
    );
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    expect(tops[1]).toBeLessThan(4 * 740);
    expect(tops[2]).toBeLessThan(8 * 740);
  });

  it.each(NAMES)("(%s) has no violation that axe-core finds, light and dark", async (name) => {
    for (const scheme of ["light", "dark"] as const) {
      const wrong = await axeViolations(browser, pages.get(name) ?? "", scheme);
      expect({ scheme, wrong }).toEqual({ scheme, wrong: [] });
    }
  });

  it("shows who may do what as a table of roles, objects and privileges", async () => {
    const rows = await look("drift", { viewport: { width: 1280, height: 800 } }, (page) =>
      page.locator("#critical table tbody tr").allInnerTexts(),
    );
    expect(rows).toContain("anon\ttable public.v7_test_results\tnothing\tDELETE, SELECT");
    expect(rows).toContain(
      "v7_reader\ttable public.v7_test_results\tSELECT\tSELECT with grant option",
    );
  });

  it("shows the database's content as text, and a bar as long as its share", async () => {
    const shown = await look(
      "progress",
      { viewport: { width: 320, height: 800 } },
      async (page) => ({
        task: await page.locator("#tasks td", { hasText: "onerror" }).innerText(),
        images: await page.locator("img, script").count(),
        half: await page.locator("#phases rect").nth(1).getAttribute("width"),
        narrowest: Math.min(
          ...(await Promise.all(
            (await page.locator(".bars svg").all()).map(
              async (bar) => (await bar.boundingBox())?.width ?? 0,
            ),
          )),
        ),
      }),
    );
    expect(shown).toMatchObject({
      task: expect.stringContaining(HOSTILE) as string,
      images: 0,
      half: "50.00",
    });
    expect(shown.narrowest).toBeGreaterThan(60);
  });
});
