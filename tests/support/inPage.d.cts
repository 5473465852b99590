export function pageWidth(): number;
export function openFolded(): void;
export function foldedCodeSeen(): number;
export function cutOff(): string[];
export function measureContrast(): {
  readonly faint: readonly { readonly text: string; readonly ratio: number }[];
  /** How many texts there were. */
  readonly texts: number;
  /** The page's own colour. */
  readonly ground: string;
};
