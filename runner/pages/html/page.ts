import { createHash } from "node:crypto";
import type { Page, Section } from "../blocks";
import { blocksHtml } from "./blocks";
import { Html, markup, unescapeHtml } from "./html";
import { STYLE } from "./style";

/** The page's own policy lets nothing but its own style in. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/**
 * One self-contained page: no script, no network, no font of its own. Everything that comes from outside is escaped, and
 * the page's own policy lets nothing run or load whatever it holds.
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

/** Whether a page has this foot, as {@link pageHtml} wrote it. */
export function hasFoot(page: string, foot: string): boolean {
  return page.includes(footHtml(foot).text);
}

/** A page's verdict in one line, as {@link pageHtml} wrote it; nothing in it can move a terminal's cursor. */
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
