import { visible } from "../../base/visible";
import { markup, type Html } from "../html/html";
import {
  HEADER_HEIGHT,
  narrowLayout,
  ROW_HEIGHT,
  wideLayout,
  type Box,
  type Layout,
} from "./layout";
import type { Picture, PictureColumn, PictureTable } from "./picture";

/** The tables as two drawings, one in three columns and one for a narrow page. The style shows one of them. */
export function pictureHtml(picture: Picture): Html {
  const described = picture.relations
    .map(({ kind, from, to }) => `${from} ${kind === "reads" ? "reads" : "refers to"} ${to}`)
    .join("; ");
  const label = `${picture.tables.length} tables and views. ${described}`;
  return markup`<div class="picture">
    ${drawing(wideLayout(picture), "wide", label)}${drawing(narrowLayout(picture), "narrow", label)}
  </div> `;
}

function drawing({ width, height, boxes, lines }: Layout, name: string, label: string): Html {
  const size = { width: width + 4, height: height + 4 };
  return markup`<svg class="${name}" role="img" aria-label="${label}" viewBox="-2 -2 ${size.width} ${size.height}" width="${size.width}" height="${size.height}">
    <defs>${["key", "reads"].map((kind) => marker(`${name}-${kind}`, kind))}</defs>
    ${lines.map(({ relation, path }) => {
      const kind = relation.kind === "reads" ? "reads" : "key";
      return markup`<path class="relation ${kind}" d="${path}" marker-end="url(#${name}-${kind})" />`;
    })}
    ${boxes.map(boxHtml)}
  </svg>`;
}

function marker(id: string, kind: string): Html {
  return markup`<marker id="${id}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path class="head ${kind}" d="M0 0.5L7.5 4L0 7.5z" /></marker>`;
}

const PADDING = 12;
/** The width of a character at 11.5 and at 10 pixels: a little more than in any of the style's monospaced fonts. */
const CHARACTER = 7;
const SMALL_CHARACTER = 6.1;

const KINDS: Readonly<Record<PictureTable["kind"], string>> = {
  table: "table",
  view: "view",
  altered: "table, there already: columns added",
  other: "there already",
};

function boxHtml({ table, x, y, width, height }: Box): Html {
  return markup`<g class="${table.kind}" transform="translate(${x} ${y})">
    <rect class="box" width="${width}" height="${height}" rx="6" />
    <text class="name" x="${PADDING}" y="18">${fit(table.name.replace(/^public\./, ""), Math.floor((width - 2 * PADDING) / 8))}</text>
    <text class="kind" x="${PADDING}" y="33">${KINDS[table.kind]}</text>
    ${table.columns.length === 0 ? "" : markup`<path class="rule" d="M0 ${HEADER_HEIGHT - 1}H${width}" />`}
    ${table.columns.map((column, index) => columnHtml(column, index, width))}
  </g>`;
}

function columnHtml({ name, type, marks }: PictureColumn, index: number, width: number): Html {
  const y = HEADER_HEIGHT + index * ROW_HEIGHT + 14;
  const shownType = fit(type, 18);
  const marked = marks.join(" ");
  const typeX = width - PADDING;
  const marksX = typeX - (shownType === "" ? 0 : shownType.length + 1) * CHARACTER;
  const room = marksX - PADDING - (marked.length + 1) * SMALL_CHARACTER;
  return markup`<text class="column${marks.includes("PK") ? " primary" : ""}" x="${PADDING}" y="${y}">${fit(name, Math.floor(room / CHARACTER))}</text>${
    marked === ""
      ? ""
      : markup`<text class="marks" x="${marksX.toFixed(1)}" y="${y}">${marked}</text>`
  }<text class="type" x="${typeX}" y="${y}">${shownType}</text>`;
}

/** The text cut to so many characters; the whole name is in the SQL. */
function fit(text: string, characters: number): string {
  const seen = Array.from(visible(text));
  return seen.length <= characters ? seen.join("") : `${seen.slice(0, characters - 1).join("")}…`;
}
