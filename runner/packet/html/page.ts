import type { Section } from "../blocks";
import type { Packet } from "../model";
import { packetSections, packetTitle } from "../sections";
import { verdictBlocks } from "../sections/verdictSection";
import { blocksHtml } from "./blocks";
import type { Html } from "./html";
import { markup, unescapeHtml } from "./html";
import { ownStyle } from "./ownStyle";
import { STYLE } from "./style";

/**
 * The packet as one self-contained page: no script, no network, no font of its own. Everything that comes from outside
 * is escaped, and the page's own policy lets nothing run or load whatever it holds.
 */
export function packetHtml(packet: Packet): string {
  const title = packetTitle(packet);
  const sections = packetSections(packet);
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <meta name="description" content="${packet.verdict.headline}. ${packet.verdict.sentence}" />
        <title>${title}: ${packet.digest.slice(0, 16)}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header>
          <p class="overline">For The Architect</p>
          <h1>${title}</h1>
          ${blocksHtml(verdictBlocks(packet))}
          <nav aria-label="Contents">
            <ol>
              ${sections.map(({ id, title: name }) => markup`<li><a href="#${id}">${name}</a></li>`)}
            </ol>
          </nav>
        </header>
        <main>${sections.map(sectionHtml)}</main>
        <footer><p>${footerOf(packet.digest)}</p></footer>
      </body>
    </html> `;
  return page.text;
}

/** Whether a page is the packet of the plan with this digest, as its foot says. */
export function isPacketOf(page: string, digest: string): boolean {
  return page.includes(`<footer><p>${footerOf(digest)}</p></footer>`);
}

/** A page's verdict in one line, as {@link packetHtml} wrote it; nothing in it can move a terminal's cursor. */
export function summaryOf(page: string): string {
  const [, content = ""] = /<meta name="description" content="([^"<>]*)" \/>/.exec(page) ?? [];
  return unescapeHtml(content).replace(/\s+/g, " ");
}

function footerOf(digest: string): string {
  return `Plan ${digest}`;
}

const { element: STYLE_ELEMENT, policy: POLICY } = ownStyle(STYLE);

function sectionHtml({ id, title, blocks }: Section): Html {
  return markup` <section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${blocksHtml(blocks)}
  </section>`;
}
