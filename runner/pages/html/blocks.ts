import { spans, type Bar, type Block, type Column, type Inline, type TitledCode } from "../blocks";
import { pictureHtml } from "../picture/svg";
import { markup, type Content, type Html } from "./html";

/** Blocks as HTML, one after the other. */
export function blocksHtml(blocks: readonly Block[]): Html {
  return markup`${blocks.map(blockHtml)}`;
}

function blockHtml(block: Block): Html {
  switch (block.kind) {
    case "text":
      return markup`<p>${inlineHtml(block.text)}</p> `;
    case "heading":
      return markup`<h3>${block.text}</h3> `;
    case "list": {
      const items = block.items.map((item) => markup`<li>${inlineHtml(item)}</li>`);
      return block.isOrdered
        ? markup`<ol>
            ${items}
          </ol> `
        : markup`<ul>
            ${items}
          </ul> `;
    }
    case "facts":
      return markup`<dl class="facts">
        ${block.facts.map(
          ([name, value]) =>
            markup`<div>
              <dt>${name}</dt>
              <dd>${inlineHtml(value)}</dd>
            </div>`,
        )}
      </dl> `;
    case "table":
      return tableHtml(block.columns, block.rows);
    case "code":
      return codeHtml(block.text, block.language);
    case "pair":
      return markup`<div class="pair">${titledHtml(block.left, block.right)}${titledHtml(block.right, block.left)}</div> `;
    case "fold":
      return markup`<details>
        <summary>${inlineHtml(block.summary)}</summary>
        ${blocksHtml(block.blocks)}
      </details> `;
    case "notice":
      return markup`<div class="notice ${block.tone}">
        <p class="title">${inlineHtml(block.title)}</p>
        ${blocksHtml(block.blocks)}
      </div> `;
    case "step":
      return markup`<article class="step ${block.tone}">
        <h3><span class="label">${block.label}</span> ${inlineHtml(block.title)}</h3>
        ${blocksHtml(block.blocks)}
      </article> `;
    case "digest":
      return markup`<div class="digest">
        <p>${block.label}</p>
        <code>${groups(block.digest)}</code>
      </div> `;
    case "bars":
      return markup`<dl class="bars">
        ${block.bars.map(barHtml)}
      </dl> `;
    case "picture":
      return pictureHtml(block.picture);
  }
}

/** A line's pieces, without an element around them. */
export function inlineHtml(inline: Inline): Html {
  return markup`${spans(inline).map((span) => {
    if (typeof span === "string") {
      return breakable(span);
    }
    return "code" in span
      ? markup`<code>${breakable(span.code)}</code>`
      : markup`<strong>${breakable(span.strong)}</strong>`;
  })}`;
}

/**
 * Lets the browser break long words after dots, slashes and underscores, and digests after each eight digits. Copied text
 * has no added characters.
 */
function breakable(text: string): Content {
  return text.split(/(\S{26,})/).map((words, index) => (index % 2 === 0 ? words : pieces(words)));
}

function pieces(word: string): Content {
  return word
    .split(/(?<=[._/:=])(?=\w)|(?<=\b(?:[0-9a-f]{8}){1,15})(?=[0-9a-f]{8})/)
    .map((piece, index) => (index === 0 ? piece : [WORD_BREAK, piece]));
}

const WORD_BREAK = markup`<wbr />`;

function barHtml({ label, value, share, from = 0, tone }: Bar): Html {
  return markup`<div class="${tone}">
    <dt>${label}</dt>
    <dd aria-hidden="true"><svg viewBox="0 0 100 1" preserveAspectRatio="none"><rect x="${(from * 100).toFixed(2)}" width="${(share * 100).toFixed(2)}" height="1" /></svg></dd>
    <dd>${value}</dd>
  </div>`;
}

/** A table; on a narrow page the style shows each row as a block whose cells begin with their column's title. */
function tableHtml(columns: readonly Column[], rows: readonly (readonly Inline[])[]): Html {
  const classOf = (index: number): string => {
    const { isNumber = false, isLong = false } = columns[index] ?? {};
    return isNumber ? "number" : isLong ? "long" : "";
  };
  return markup`<div class="table" tabindex="0"><table>
    <thead>
      <tr>
        ${columns.map(
          ({ title }, index) => markup`<th scope="col" class="${classOf(index)}">${title}</th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          markup`<tr>
            ${row.map(
              (cell, index) =>
                markup`<td class="${classOf(index)}" data-column="${columns[index]?.title ?? ""}">
                  <span>${inlineHtml(cell)}</span>
                </td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table></div> `;
}

/** A block of code that scrolls sideways; it takes the focus, so that the keyboard can scroll it. */
function codeHtml(text: Content, language: string): Html {
  return markup`<pre class="${language}" tabindex="0"><code>${text}</code></pre> `;
}

/** One of two texts that are side by side; lines that the other text does not have are marked. */
function titledHtml({ title, text }: TitledCode, other: TitledCode): Html {
  const known = new Set(other.text.split("\n"));
  const lines = text.split("\n").map((one, index) => {
    const end = index === 0 ? "" : "\n";
    return known.has(one) ? [end, one] : [end, markup`<mark>${one}</mark>`];
  });
  return markup`<div>
    <p class="title">${title}</p>
    ${codeHtml(lines, "sql")}
  </div>`;
}

/** The digest in groups of eight digits, so that two digests can be compared by eye; copied text has no spaces in it. */
function groups(digest: string): Html[] {
  return (digest.match(/.{1,8}/gs) ?? []).map((group) => markup`<span>${group}</span>`);
}
