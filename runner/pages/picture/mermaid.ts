import { visible } from "../../base/visible";
import type { Mark, Picture, PictureColumn } from "./picture";

const KEYS: Readonly<Partial<Record<Mark, string>>> = { PK: "PK", FK: "FK", UQ: "UK" };

/** The tables as a Mermaid diagram, which GitHub draws. Characters that Mermaid does not accept become underscores. */
export function mermaid({ tables, relations }: Picture): string {
  const id = new Map(tables.map(({ name }, index) => [name, `t${index + 1}`]));
  return [
    "erDiagram",
    ...tables.flatMap(({ name, columns }) => [
      `  ${id.get(name) ?? ""}["${label(name)}"] {`,
      ...columns.map((column) => `    ${attribute(column)}`),
      "  }",
    ]),
    ...relations.map(({ kind, from, to, fromColumn }) =>
      kind === "reads"
        ? `  ${id.get(to) ?? ""} ||..|| ${id.get(from) ?? ""} : "is read by"`
        : `  ${id.get(to) ?? ""} ||--o{ ${id.get(from) ?? ""} : "${label(fromColumn ?? "")}"`,
    ),
  ].join("\n");
}

function attribute({ name, type, marks }: PictureColumn): string {
  const keys = marks.flatMap((mark) => KEYS[mark] ?? []);
  const comment = marks.includes("IX") ? ' "indexed"' : "";
  return `${word(type === "" ? "column" : type)} ${word(name)}${keys.length === 0 ? "" : ` ${keys.join(", ")}`}${comment}`;
}

/** A quoted label, without quotes, which would end it, and without characters that could become markup. */
function label(text: string): string {
  return visible(text).replace(/["<>&;#`\n]/g, "_");
}

function word(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_()[\]-]/g, "_");
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
}
