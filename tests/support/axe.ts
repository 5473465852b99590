import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";

interface AxeViolation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly unknown[] }[];
}

/**
 * The accessibility violations that axe-core finds in a page, a line for each rule.
 *
 * The page's own policy forbids every script; axe runs in a separate context that ignores it.
 */
export async function axeViolations(
  browser: Browser,
  file: string,
  colorScheme: "light" | "dark",
): Promise<readonly string[]> {
  const context = await browser.newContext({ bypassCSP: true, colorScheme });
  try {
    const page = await context.newPage();
    await page.goto(`file://${file}`);
    // As text, evaluated in the page: this project does not have the types of a browser's window.
    await page.addScriptTag({ content: readFileSync(require.resolve("axe-core"), "utf8") });
    const violations = await page.evaluate<readonly AxeViolation[]>(
      "axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations)",
    );
    return violations.map(
      ({ id, impact, nodes }) =>
        `${id} (${impact ?? "no impact"}): ${nodes.map(({ target }) => target.join(" ")).join(", ")}`,
    );
  } finally {
    await context.close();
  }
}
