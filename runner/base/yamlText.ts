import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from "yaml";
import { visible } from "./visible";

/** Ten times the size of the largest of these files. */
const MAX_BYTES = 262_144;
const MAX_DEPTH = 12;
/** At most so many faults of a file are listed. */
const MAX_FAULTS = 20;

/** A place in the file's value: `["steps", 2, "sha256"]`. */
export type YamlPath = readonly (string | number)[];

/**
 * A YAML file, read strictly because its content is signed for: one document of mappings, lists and plain values. Faults,
 * each with its line and column, are anchors, aliases (a few can expand to a billion values), tags, keys that are not names
 * or occur twice, hidden characters, and bytes that are not UTF-8.
 */
export class YamlText {
  /** The file's value; undefined where parsing found a fault. */
  public readonly value: unknown;
  private readonly faults: string[] = [];
  private readonly lines = new LineCounter();
  private readonly document: Document | undefined;

  public constructor(bytes: Uint8Array) {
    const text = this.decode(bytes);
    this.document = text === undefined ? undefined : this.parse(text);
    if (this.document !== undefined) {
      this.refuseUnplain(this.document);
      this.value = this.faults.length === 0 ? (this.document.toJS() as unknown) : undefined;
    }
  }

  /** The file's faults, for the `found` of a fault: `3:5: the step …; 9:1: …`. Undefined where there is none. */
  public get found(): string | undefined {
    const left = this.faults.length - MAX_FAULTS;
    const shown = this.faults.slice(0, MAX_FAULTS);
    return left === -MAX_FAULTS
      ? undefined
      : [...shown, ...(left > 0 ? [`and ${String(left)} more`] : [])].join("; ");
  }

  /** Notes a fault at that place, or at its nearest existing parent. */
  public refuse(path: YamlPath, reason: string): void {
    this.note(this.offsetOf(path), reason);
  }

  private note(offset: number, reason: string): void {
    const { line, col } = this.lines.linePos(offset);
    this.faults.push(`${String(line)}:${String(col)}: ${reason}`);
  }

  private decode(bytes: Uint8Array): string | undefined {
    if (bytes.length > MAX_BYTES) {
      this.faults.push(`more than ${String(MAX_BYTES / 1024)} KiB`);
      return undefined;
    }
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      this.faults.push("bytes that are not UTF-8");
      return undefined;
    }
  }

  private parse(text: string): Document | undefined {
    let document: Document;
    try {
      document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
    } catch {
      // The parser is recursive: very deep nesting exhausts its stack.
      this.faults.push("YAML that cannot be read");
      return undefined;
    }
    for (const { message, pos } of [...document.errors, ...document.warnings]) {
      this.note(pos[0], message.split("\n")[0] ?? "");
    }
    const plain = text.replaceAll("\r\n", "\n\n");
    const hidden = firstDifference(plain, visible(plain));
    if (hidden >= 0) {
      this.note(hidden, hiddenCharacter(plain.slice(hidden)));
    }
    return this.faults.length === 0 ? document : undefined;
  }

  private refuseUnplain(document: Document): void {
    visit(document, (key, node, ancestors) => {
      if (!isAlias(node) && !isScalar(node) && !isCollection(node)) {
        return undefined;
      }
      const reason = ancestors.length > 2 * MAX_DEPTH ? NESTED : unplain(node, key === "key");
      if (reason === undefined) {
        return undefined;
      }
      this.note(node.range?.[0] ?? 0, reason);
      return visit.SKIP;
    });
  }

  private offsetOf(path: YamlPath): number {
    let node: unknown = this.document?.contents;
    let offset = (node as Node | null | undefined)?.range?.[0] ?? 0;
    for (const part of path) {
      const pair = isMap(node)
        ? node.items.find(({ key }) => isScalar(key) && key.value === part)
        : undefined;
      const place = pair?.key ?? (isSeq(node) ? node.items[Number(part)] : undefined);
      offset = (place as Node | undefined)?.range?.[0] ?? offset;
      node = pair === undefined ? place : pair.value;
    }
    return offset;
  }
}

/** Whether it is a mapping. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const NESTED = `more than ${String(MAX_DEPTH)} levels`;

/** What is not allowed about this node; undefined where nothing is. */
function unplain(node: Node, isKey: boolean): string | undefined {
  if (isAlias(node)) {
    return `the alias *${node.source}, expected the value itself`;
  }
  const { anchor, tag } = node as { anchor?: string; tag?: string };
  if (anchor !== undefined) {
    return `the anchor &${anchor}, which these files do not use`;
  }
  if (tag !== undefined) {
    return `the tag ${tag}, which these files do not use`;
  }
  const value = isScalar(node) ? node.value : undefined;
  if (isKey && (typeof value !== "string" || value === "__proto__")) {
    return "a key that is not a name";
  }
  if (typeof value !== "string") {
    return undefined;
  }
  const hidden = firstDifference(value, visible(value));
  return hidden < 0 ? undefined : hiddenCharacter(value.slice(hidden));
}

function firstDifference(one: string, other: string): number {
  return one === other ? -1 : Array.from(one).findIndex((_, at) => one[at] !== other[at]);
}

function hiddenCharacter(rest: string): string {
  return `the hidden character ${visible(Array.from(rest)[0] ?? "")}`;
}
