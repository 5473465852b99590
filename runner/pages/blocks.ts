import type { Picture } from "./picture/picture";

/** A piece of a line. Its text is plain; the renderers escape it. */
export type Span = string | { readonly code: string } | { readonly strong: string };

/** One line or paragraph of text. */
export type Inline = Span | readonly Span[];

/** How much a block stands out: `quiet` needs no attention. */
export type Tone = "quiet" | "good" | "caution" | "bad";

export interface Column {
  readonly title: string;
  /** A column of numbers, aligned to the right. Default false. */
  readonly isNumber?: boolean;
  /** A column of long texts, which may break anywhere, so that words in other columns stay whole. Default false. */
  readonly isLong?: boolean;
}

/**
 * A block of a document for people. The same blocks are rendered as HTML and as Markdown, so that both have the same content.
 */
export type Block =
  | { readonly kind: "text"; readonly text: Inline }
  | { readonly kind: "list"; readonly items: readonly Inline[]; readonly isOrdered: boolean }
  | { readonly kind: "facts"; readonly facts: readonly (readonly [string, Inline])[] }
  | {
      readonly kind: "table";
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Inline[])[];
    }
  | { readonly kind: "code"; readonly language: Language; readonly text: string }
  /** Two texts, side by side. */
  | {
      readonly kind: "pair";
      readonly left: TitledCode;
      readonly right: TitledCode;
      readonly language: Language;
    }
  /** Blocks that are hidden until somebody opens them; a printed page shows them. */
  | { readonly kind: "fold"; readonly summary: Inline; readonly blocks: readonly Block[] }
  | {
      readonly kind: "notice";
      readonly tone: Tone;
      readonly title: Inline;
      readonly blocks: readonly Block[];
    }
  /** A step of a plan, or a finding: a heading with a label, then its blocks. */
  | {
      readonly kind: "step";
      readonly tone: Tone;
      readonly label: string;
      readonly title: Inline;
      readonly blocks: readonly Block[];
    }
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "digest"; readonly label: string; readonly digest: string }
  | { readonly kind: "bars"; readonly bars: readonly Bar[] }
  | { readonly kind: "picture"; readonly picture: Picture };

type Language = "sql" | "sh" | "json";

export interface TitledCode {
  readonly title: string;
  readonly text: string;
}

export interface Bar {
  readonly label: string;
  /** The text beside the bar, which has all that the bar shows. */
  readonly value: string;
  /** The bar's length, 0 to 1. */
  readonly share: number;
  /** Where the bar begins, 0 to 1. Default: 0. */
  readonly from?: number;
  readonly tone: Tone;
}

/** A part of a page with its own heading. */
export interface Section {
  /** The anchor: lower-case letters and dashes. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A document. The verdict comes first, since some readers read nothing else. */
export interface Page {
  /** A few words above the title: for whom, or from when. */
  readonly overline: string;
  readonly title: string;
  /** The name in a browser's tab, which tells similar pages apart. Default: the title. */
  readonly name?: string;
  /** The verdict in a line of text. */
  readonly summary: string;
  readonly head: readonly Block[];
  readonly sections: readonly Section[];
  /** The last line, which identifies the page. */
  readonly foot: string;
}

/** A line's pieces. */
export function spans(inline: Inline): readonly Span[] {
  return typeof inline !== "string" && "length" in inline ? inline : [inline];
}

/** A line of text with pieces in it: line`found ${code(name)}`. */
export function line(
  strings: TemplateStringsArray,
  ...values: readonly (Span | number)[]
): readonly Span[] {
  return strings.flatMap((own, index) => {
    const value = values[index];
    const after = value === undefined ? [] : [typeof value === "number" ? String(value) : value];
    return [own, ...after].filter((span) => span !== "");
  });
}

export function code(text: string): Span {
  return { code: text };
}

export function strong(text: string): Span {
  return { strong: text };
}

/** Text in which `backticks` mark code. */
export function fromBackticks(text: string): readonly Span[] {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? code(part) : part))
    .filter((span) => span !== "");
}

export function text(inline: Inline): Block {
  return { kind: "text", text: inline };
}

export function heading(words: string): Block {
  return { kind: "heading", text: words };
}

export function list(items: readonly Inline[], isOrdered = false): Block {
  return { kind: "list", items, isOrdered };
}

export function facts(...rows: readonly (readonly [string, Inline])[]): Block {
  return { kind: "facts", facts: rows };
}

/** A column is given as its title, or by {@link numbers} or {@link long}. */
export function table(
  columns: readonly (string | Column)[],
  rows: readonly (readonly Inline[])[],
): Block {
  const titled = columns.map((one) => (typeof one === "string" ? { title: one } : one));
  return { kind: "table", columns: titled, rows };
}

export function numbers(title: string): Column {
  return { title, isNumber: true };
}

export function long(title: string): Column {
  return { title, isLong: true };
}

export function source(language: Language, words: string): Block {
  return { kind: "code", language, text: words };
}

export function fold(summary: Inline, ...blocks: readonly Block[]): Block {
  return { kind: "fold", summary, blocks };
}

export function notice(tone: Tone, title: Inline, ...blocks: readonly Block[]): Block {
  return { kind: "notice", tone, title, blocks };
}

/** `1 statement`, `2 statements`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : plural}`;
}
