import type { Picture } from "./picture/picture";

/** A piece of a line. Everything in it is text: whoever renders it escapes it. */
export type Span = string | { readonly code: string } | { readonly strong: string };

/** One line or paragraph of text. */
export type Inline = readonly Span[];

/** `quiet` says that it is as it should be; the others that somebody should look. */
export type Tone = "quiet" | "good" | "caution" | "bad";

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. Default false. */
  readonly isNumber?: boolean;
  /** Long texts and lists, which may break anywhere, so that the other columns keep their words whole. */
  readonly isLong?: boolean;
}

/**
 * What a packet is written in: blocks that the page and the Markdown each render in their own way, so that both say the
 * same.
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
  /** Two texts beside each other. */
  | {
      readonly kind: "pair";
      readonly left: TitledCode;
      readonly right: TitledCode;
      readonly language: Language;
    }
  /** Closed until somebody opens it; a printed page shows it open. */
  | { readonly kind: "fold"; readonly summary: Inline; readonly blocks: readonly Block[] }
  | {
      readonly kind: "notice";
      readonly tone: Tone;
      readonly title: Inline;
      readonly blocks: readonly Block[];
    }
  /** One step of the plan: a heading with a label, then its blocks. */
  | {
      readonly kind: "step";
      readonly tone: Tone;
      readonly label: string;
      readonly title: Inline;
      readonly blocks: readonly Block[];
    }
  | { readonly kind: "heading"; readonly text: string }
  | { readonly kind: "digest"; readonly label: string; readonly digest: string }
  | { readonly kind: "picture"; readonly picture: Picture };

type Language = "sql" | "sh" | "json";

export interface TitledCode {
  readonly title: string;
  readonly text: string;
}

/** A part of the packet under a heading of its own. */
export interface Section {
  /** The anchor: lower-case letters and dashes. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A line of text with pieces in it: line`found ${code(name)}`. */
export function line(strings: TemplateStringsArray, ...values: readonly (Span | number)[]): Inline {
  return strings.flatMap((text, index) => {
    const value = values[index];
    const after = value === undefined ? [] : [typeof value === "number" ? String(value) : value];
    return [text, ...after].filter((span) => span !== "");
  });
}

export function code(text: string): Span {
  return { code: text };
}

export function strong(text: string): Span {
  return { strong: text };
}

/** Text in which `backticks` mark code, as our own documents write it. */
export function fromBackticks(text: string): Inline {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? code(part) : part))
    .filter((span) => span !== "");
}

export function text(inline: Inline): Block {
  return { kind: "text", text: inline };
}

export function list(items: readonly Inline[], isOrdered = false): Block {
  return { kind: "list", items, isOrdered };
}

export function table(columns: readonly Column[], rows: readonly (readonly Inline[])[]): Block {
  return { kind: "table", columns, rows };
}

export function fold(summary: Inline, blocks: readonly Block[]): Block {
  return { kind: "fold", summary, blocks };
}

/** `1 statement`, `2 statements`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${String(number)} ${number === 1 ? noun : plural}`;
}
