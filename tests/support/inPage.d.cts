export function pageWidth(): number;
export function openFolded(): void;
export function foldedCodeSeen(): number;
export function cutOff(): string[];
export function brokenWords(): string[];
export function measureContrast(): {
  readonly faint: readonly { readonly text: string; readonly ratio: number }[];
  /** How many texts there were. */
  readonly texts: number;
  /** The page's own colour. */
  readonly ground: string;
};
/** Rejects where Mermaid cannot read the text. */
export function drawMermaid(diagram: {
  readonly text: string;
  readonly theme: "default" | "dark";
}): Promise<{
  readonly diagramType: string;
  readonly width: number;
  readonly height: number;
  /** Every text that can be seen, in the drawing's order. */
  readonly seen: string;
}>;
