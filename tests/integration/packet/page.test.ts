import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { applyDirective } from "../../../runner/actions/apply";
import { loadDirectives } from "../../../runner/directive/directive";
import { makePacket } from "../../../runner/packet";
import { packetHtml } from "../../../runner/packet/html/page";
import type { Packet } from "../../../runner/packet/model";
import type { PreparedPlan } from "../../../runner/plan/plan";
import { preparePlan, prepareRollback } from "../../../runner/plan/preparePlan";
import { withConnection } from "../../../runner/postgres/connection";
import { axeViolations } from "../../support/axe";
import { startBrowser } from "../../support/browser";
import { applyRequest, SQL_FOLDER } from "../../support/directive";
import {
  cutOff,
  foldedCodeSeen,
  measureContrast,
  openFolded,
  pageWidth,
} from "../../support/inPage.cjs";
import { changedDocuments, packetInput, sampleRehearsal } from "../../support/packet";
import { startTestServer, type TestServer } from "../../support/postgres";

const LONG = "a_name_of_sixty_three_characters_which_is_the_longest_that_is_ok";
/** 182 mm, at 96 pixels an inch. */
const A4_WITHIN_MARGINS = { width: 687, height: 1009 };
const WIDTHS = [320, 360, 768, 1024, 1440];

let server: TestServer;
let browser: Browser;
let folder: string;
/** By name, the file of a packet's page. */
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
  const packetOf = async (prepared: PreparedPlan, more = {}): Promise<Packet> =>
    makePacket(await packetInput(prepared, directives, more));
  save("rehearsed", await packetOf(planned, { rehearsal }));
  save("not rehearsed", await packetOf(planned));
  save("changed", await packetOf(planned, { documents: await changedDocuments(), rehearsal }));
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
    await packetOf(
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
  await applyDirective(request);
  save(
    "rollback",
    await packetOf(
      await withConnection(request.connection, (client) => prepareRollback(client, request)),
    ),
  );
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function save(name: string, packet: Packet): void {
  const file = join(folder, `${name.replaceAll(" ", "-")}.html`);
  writeFileSync(file, packetHtml(packet));
  pages.set(name, file);
}

/** Opens a page and gives what it holds; whatever it logged or asked for besides itself fails the test. */
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

const NAMES = ["rehearsed", "not rehearsed", "changed", "with long names", "rollback"];

describe("the packet's page in Chromium", () => {
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

  it.each([
    ["light", "rgb(250, 250, 248)"],
    ["dark", "rgb(21, 24, 27)"],
  ] as const)("has contrast enough for every text, %s", async (colorScheme, expected) => {
    for (const name of NAMES) {
      const { faint, texts, ground } = await look(name, { colorScheme }, async (page) => {
        await page.evaluate(openFolded);
        return await page.evaluate(measureContrast);
      });
      expect({ name, ground, faint }).toEqual({ name, ground: expected, faint: [] });
      expect(texts).toBeGreaterThan(150);
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

  it("prints what is folded", async () => {
    await look("rehearsed", {}, async (page) => {
      expect(await page.evaluate(foldedCodeSeen)).toBe(0);
      await page.emulateMedia({ media: "print" });
      expect(await page.evaluate(foldedCodeSeen)).toBeGreaterThan(25);
    });
  });

  it.each(NAMES)("(%s) cuts no line and no table off on paper", async (name) => {
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
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(25);
  });

  it("shows the drawing that fits: in one column on a phone, in three on a desktop", async () => {
    const shown = (width: number): Promise<(string | null)[]> =>
      look("rehearsed", { viewport: { width, height: 800 } }, async (page) =>
        Promise.all(
          (await page.locator("svg").filter({ visible: true }).all()).map((one) =>
            one.getAttribute("class"),
          ),
        ),
      );
    expect(await shown(360)).toEqual(["narrow"]);
    expect(await shown(1280)).toEqual(["wide"]);
  });

  it("shows verdict and digest before anything has to be scrolled, on a phone", async () => {
    const bottom = await look(
      "rehearsed",
      { viewport: { width: 360, height: 740 } },
      async (page) => (await page.locator(".digest").boundingBox()) ?? { y: Infinity, height: 0 },
    );
    expect(bottom.y + bottom.height).toBeLessThan(740);
  });
});

describe.each(["light", "dark"] as const)("a packet in %s", (colorScheme) => {
  it.each(["rehearsed", "with long names", "rollback"])(
    "has nothing that axe-core finds wrong, %s",
    async (name) => {
      expect(await axeViolations(browser, pages.get(name) ?? "", colorScheme)).toStrictEqual([]);
    },
  );
});
