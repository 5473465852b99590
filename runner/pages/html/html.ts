import { visible } from "../../base/visible";

/** Markup that is finished: nothing escapes it again. */
export class Html {
  public constructor(public readonly text: string) {}
}

export type Content = string | number | Html | readonly Content[] | undefined;

/** Markup with values in it: markup`<b>${name}</b>`. Every value is escaped but what is Html already. */
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

/** Text for an element or a quoted attribute; what could not be seen in it is made visible. */
function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** The text that {@link escapeHtml} was given, but for what it made visible. */
export function unescapeHtml(text: string): string {
  return Object.entries(ENTITIES).reduceRight(
    (rest, [character, entity]) => rest.replaceAll(entity, character),
    visible(text),
  );
}
