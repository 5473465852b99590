import { createHash } from "node:crypto";
import { Html } from "./html";

/** What a self-contained page has in its head: its style, and a policy that lets nothing but that style in. */
export interface OwnStyle {
  readonly element: Html;
  /** For the meta element Content-Security-Policy. */
  readonly policy: string;
}

/** The style as an element, with the policy that knows it by its hash. */
export function ownStyle(style: string): OwnStyle {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return { element: new Html(`<style>${style}</style>`), policy };
}
