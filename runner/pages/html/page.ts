import { createHash } from "node:crypto";
import type { Page, Section } from "../blocks";
import { blocksHtml } from "./blocks";
import { Html, markup, unescapeHtml } from "./html";
import { STYLE } from "./style";

/** The page's content security policy allows its own style and nothing else. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/**
 * One self-contained HTML page: no scripts, no network, no fonts. All values are escaped; besides, the page's content
 * security policy forbids to run or load anything.
 */
export function pageHtml({ overline, title, name, summary, head, sections, foot }: Page): string {
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <meta name="description" content="${summary}" />
        <title>${name ?? title}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header>
          <p class="overline">${overline}</p>
          <h1>${title}</h1>
          ${blocksHtml(head)}
          ${sections.length < 2 ? "" : contentsHtml(sections)}
        </header>
        <main>${sections.map(sectionHtml)}</main>
        ${footHtml(foot)}
      </body>
    </html> `.text;
}

/** Whether an HTML page from {@link pageHtml} has this footer. */
export function hasFoot(page: string, foot: string): boolean {
  return page.includes(footHtml(foot).text);
}

/** The summary of an HTML page from {@link pageHtml}, in one line that is safe to print in a terminal. */
export function summaryOf(page: string): string {
  const [, content = ""] = /<meta name="description" content="([^"<>]*)" \/>/.exec(page) ?? [];
  return unescapeHtml(content).replace(/\s+/g, " ");
}

function footHtml(foot: string): Html {
  return markup`<footer><p>${foot}</p></footer>`;
}

function contentsHtml(sections: readonly Section[]): Html {
  return markup`<nav aria-label="Contents">
    <ol>
      ${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}
    </ol>
  </nav>`;
}

function sectionHtml({ id, title, blocks }: Section): Html {
  return markup` <section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${blocksHtml(blocks)}
  </section>`;
}
