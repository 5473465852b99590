import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { drawMermaid } from "./inPage.cjs";

export interface DiagramView {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}

/** What Mermaid made of a text, in a window like this. */
export interface DrawnDiagram {
  readonly diagramType: string;
  readonly width: number;
  readonly height: number;
  readonly seen: string;
  /** What the page wrote to its console, threw, or asked the network for. */
  readonly noises: readonly string[];
}

/**
 * Draws a text with Mermaid itself, in Chromium.
 *
 * @throws Mermaid's error if it cannot parse the text
 */
export async function drawDiagram(
  browser: Browser,
  text: string,
  { width, colorScheme }: DiagramView,
): Promise<DrawnDiagram> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  try {
    const page = await context.newPage();
    const noises: string[] = [];
    page.on("console", (message) => noises.push(message.text()));
    page.on("pageerror", (error) => noises.push(error.message));
    page.on("dialog", (dialog) => {
      noises.push(dialog.message());
      void dialog.dismiss();
    });
    page.on("request", (request) => noises.push(request.url()));
    await page.setContent("<!doctype html><title>A diagram</title><body></body>");
    await page.addScriptTag({
      content: readFileSync(require.resolve("@mermaid-js/tiny"), "utf8"),
    });
    const theme = colorScheme === "dark" ? ("dark" as const) : ("default" as const);
    return { ...(await page.evaluate(drawMermaid, { text, theme })), noises };
  } finally {
    await context.close();
  }
}

/** The tables and nodes that a diagram names: `t1["public.v7_test_results"] {`, `v7_test_results {`, `plan["Plan it"]`, `plan --> catalog`. */
export function namesInDiagram(text: string): string[] {
  const labels = [...text.matchAll(/\w[[{]"([^"]+)"/g)].map(([, label = ""]) => label);
  const tables = [...text.matchAll(/^ +(\w+) \{$/gm)].map(([, table = ""]) => table);
  const bare = [...text.matchAll(/^ +(\w+) --> (\w+)$/gm)].flatMap(([, from = "", to = ""]) => [
    from,
    to,
  ]);
  return [...labels, ...tables, ...new Set(labels.length === 0 ? bare : [])];
}
