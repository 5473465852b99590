import { visible } from "../../base/visible";

/** Finished HTML, which is not escaped again. */
export class Html {
  public constructor(public readonly text: string) {}
}

export type Content = string | number | Html | readonly Content[] | undefined;

/** HTML from a template: markup`<b>${name}</b>`. Every value is escaped unless it is Html. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.map((own, index) => own + toMarkup(values[index])).join(""));
}

function toMarkup(content: Content): string {
  if (content instanceof Html) {
    return content.text;
  }
  if (typeof content === "string" || typeof content === "number") {
    return escapeHtml(String(content));
  }
  return content?.map(toMarkup).join("") ?? "";
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or a quoted attribute, with hidden characters made visible. */
function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** Reverses {@link escapeHtml}; hidden characters stay visible. */
export function unescapeHtml(text: string): string {
  return Object.entries(ENTITIES).reduceRight(
    (rest, [character, entity]) => rest.replaceAll(entity, character),
    visible(text),
  );
}
