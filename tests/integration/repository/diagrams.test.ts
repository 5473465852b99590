import type { Browser } from "playwright-core";
import { loadDirectives } from "../../../runner/directive/directive";
import type { Packet } from "../../../runner/packet/model";
import { mermaid } from "../../../runner/pages/picture/mermaid";
import type { Picture } from "../../../runner/pages/picture/picture";
import { startBrowser } from "../../support/browser";
import { fencedBlocks } from "../../support/markdown";
import { drawDiagram, namesInDiagram } from "../../support/mermaid";
import { packetMarkdown, rollbackPlan, samplePacket } from "../../support/packet";
import { filesBelow, textOf } from "../../support/repository";
import { SQL_FOLDER } from "../../support/sqlFolder";

const OPTIONAL = ["updated_at_triggers", "row_level_security", "dashboard_security_invoker"];

const VIEWS = [
  { width: 360, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
  { width: 1280, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
] as const;

function diagramsOf(markdown: string): string[] {
  return fencedBlocks(markdown)
    .filter(({ language }) => language === "mermaid")
    .map(({ text }) => text);
}

const DOCUMENTS = filesBelow()
  .filter((file) => file.endsWith(".md"))
  .flatMap((file) =>
    diagramsOf(textOf(file)).map((text, index) => [`${file} ${String(index + 1)}`, text] as const),
  );

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});

/** Draws it in every window, and expects to see each of its names in each window, and no errors. */
async function expectDrawn(text: string, diagramType: string): Promise<void> {
  const names = namesInDiagram(text);
  expect(names.length).toBeGreaterThan(4);
  for (const view of VIEWS) {
    const drawn = await drawDiagram(browser, text, view);
    expect({ ...view, noises: drawn.noises }).toEqual({ ...view, noises: [] });
    expect(drawn.diagramType).toBe(diagramType);
    expect(names.filter((name) => !drawn.seen.includes(name))).toEqual([]);
    expect(drawn.width).toBeGreaterThan(100);
    expect(drawn.width).toBeLessThanOrEqual(view.width);
    expect(drawn.height).toBeGreaterThan(100);
  }
}

describe("a diagram of the documents, drawn by Mermaid", () => {
  it("is one of three: the tables and the flow of DATABASE_WORKFLOW.md, and the imports of the folders", () => {
    const types = DOCUMENTS.map(([name, text]) => `${name} ${text.split(/\s/)[0] ?? ""}`);
    const workflow = "docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md";
    expect(types).toEqual([
      `${workflow} 1 erDiagram`,
      `${workflow} 2 flowchart`,
      "docs/architecture.md 1 flowchart",
    ]);
  });

  it("fails when Mermaid cannot parse it", async () => {
    await expect(drawDiagram(browser, "erDiagram\n  a {", VIEWS[0])).rejects.toThrow("Parse error");
  });

  it.each(DOCUMENTS)(
    "shows every name, on a phone and a desktop, light and dark: %s",
    async (_name, text) => {
      await expectDrawn(text, text.startsWith("erDiagram") ? "er" : "flowchart-v2");
    },
  );
});

describe("the diagram of a packet's Markdown, drawn by Mermaid", () => {
  it.each([
    ["the required steps", [], false],
    ["the optional amendments", OPTIONAL, false],
    ["a rollback", [], true],
  ])("shows every table and view of %s", async (_name, amendments, isRollback) => {
    const directives = await loadDirectives(SQL_FOLDER, amendments);
    const packet: Packet = await samplePacket({
      directives,
      ...(isRollback ? { prepared: rollbackPlan(directives) } : {}),
    });
    const diagrams = diagramsOf(packetMarkdown(packet));
    expect(diagrams).toHaveLength(1);
    for (const text of diagrams) {
      await expectDrawn(text, "er");
    }
  });

  it("is parsed with any names of tables and columns, and runs none of them", async () => {
    const hostile = [
      '"] }\n%%{init: {"securityLevel": "loose"}}%%',
      "<img src=x onerror=alert(1)>",
      "erDiagram",
      "end",
      "a|b`c;d #quot; \u202e",
      "9 lives",
      "select",
      "",
    ];
    const picture: Picture = {
      tables: hostile.map((name) => ({
        name: `public.${name}`,
        kind: "table",
        columns: hostile.map((column) => ({ name: column, type: column, marks: ["PK", "FK"] })),
      })),
      relations: hostile.map((column) => ({
        kind: "foreign key",
        from: `public.${hostile[0] ?? ""}`,
        to: `public.${column}`,
        fromColumn: column,
      })),
    };
    const drawn = await drawDiagram(browser, mermaid(picture), VIEWS[0]);
    expect(drawn.noises).toEqual([]);
    expect(drawn.diagramType).toBe("er");
    expect(drawn.seen.match(/public\./g)).toHaveLength(hostile.length);
  });
});
