/** The medians of one tool, a case each. */
export interface Medians {
  readonly name: string;
  readonly seconds: readonly number[];
}

const WIDTH = 720;
const NAMES = 160;
const BAR = 16;
const HEAD = 34;

/** Bars of each case below each other, each case by its own scale: what is read off is who is how far ahead. */
export function peersChart(cases: readonly string[], medians: readonly Medians[]): string {
  const height = cases.length * (HEAD + medians.length * BAR) + 10;
  const parts = cases.map((what, index) => {
    const top = index * (HEAD + medians.length * BAR);
    const longest = Math.max(...medians.map(({ seconds }) => seconds[index] ?? 0));
    const rows = medians.map(({ name, seconds }, row) => {
      const value = seconds[index] ?? 0;
      const y = top + HEAD + row * BAR;
      const width = Math.max(1, (value / longest) * (WIDTH - NAMES - 70));
      const fill = name === "this project" ? "#1a7f5a" : "#9aa4b2";
      return [
        text(NAMES - 8, y + 12, name, 'text-anchor="end"'),
        `<rect x="${NAMES}" y="${String(y + 2)}" width="${width.toFixed(1)}" height="${BAR - 4}" fill="${fill}"/>`,
        text(NAMES + width + 6, y + 12, value.toFixed(2)),
      ].join("\n");
    });
    const title = what === "nothing to do" ? what : `${what} migration${what === "1" ? "" : "s"}`;
    return [text(NAMES, top + 24, `${title}, seconds`, 'font-weight="bold"'), ...rows].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${String(height)}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function text(x: number, y: number, words: string, more = ""): string {
  return `<text x="${x.toFixed(1)}" y="${String(y)}" ${more}>${words}</text>`;
}
