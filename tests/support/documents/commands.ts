import { filesBelow, textOf } from "../repository";

/** A command that a document tells its reader to type, on one line, without its comment. */
export interface DocumentCommand {
  readonly command: string;
  /** Every place that has it, as `README.md:14`. */
  readonly places: readonly string[];
}

/** The beginning of a command. The name of a program alone (`psql`, `ssh-keygen`) is not a command. */
const BEGINNING =
  /^(?:[A-Z_0-9]+=\S* )?(?:(?:npx|npm|pulumi|git|gh|docker|node|psql|createdb|pg_dump|ssh-keygen|openssl|sha256sum|grep|du|printf|export|mkdir|v7|\.) |\(umask |verifier=)/;
const SHELLS = new Set(["sh", "bash", "console", "shell"]);
/** Documents of others, whose commands are not typed. */
const OF_OTHERS = "docs/ARCHITECTURAL_DIRECTIVE_005.md";

/** Every distinct command of README.md, docs/ and the README of the approvals, with all of its places. */
export function documentCommands(): readonly DocumentCommand[] {
  const documents = filesBelow().filter(
    (path) =>
      path.endsWith(".md") &&
      (path === "README.md" || /^(docs|sql)\//.test(path)) &&
      path !== OF_OTHERS,
  );
  const places = new Map<string, string[]>();
  for (const path of documents) {
    for (const { command, line } of commandsIn(textOf(path))) {
      const known = places.get(command) ?? [];
      places.set(command, [...known, `${path}:${String(line)}`]);
    }
  }
  return [...places].map(([command, where]) => ({ command, places: where }));
}

interface Found {
  readonly command: string;
  readonly line: number;
}

/** The commands of a Markdown text: lines of its shell blocks, of a crontab's and a pipeline's, and code spans. */
export function commandsIn(markdown: string): readonly Found[] {
  const lines = markdown.split("\n");
  const found: Found[] = [];
  const prose: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const language = /^\s*```(\w*)\s*$/.exec(lines[index] ?? "")?.[1];
    if (language === undefined) {
      prose.push(lines[index] ?? "");
      continue;
    }
    const end = lines.findIndex((line, at) => at > index && /^\s*```\s*$/.test(line));
    const block = lines.slice(index + 1, end);
    found.push(...inBlock(language, block, index + 2));
    prose.push("", ...block.map(() => ""), "");
    index = end;
  }
  return [...found, ...inSpans(prose.join("\n"))].sort((one, other) => one.line - other.line);
}

function inBlock(language: string, lines: readonly string[], first: number): readonly Found[] {
  const isShell = SHELLS.has(language);
  const found: Found[] = [];
  let begun: Found | undefined;
  lines.forEach((text, index) => {
    const line = isShell ? withoutComment(text) : scheduled(text);
    if (line === "" && begun === undefined) {
      return;
    }
    const whole = `${begun === undefined ? "" : `${begun.command} `}${line.trim()}`;
    const at = begun?.line ?? first + index;
    begun = whole.endsWith("\\") ? { command: whole.slice(0, -1).trim(), line: at } : undefined;
    if (begun === undefined) {
      found.push({ command: whole, line: at });
    }
  });
  return found;
}

/** The command of a line of a crontab, or of a list in a pipeline's YAML; empty if it is neither. */
function scheduled(line: string): string {
  const text = line.replace(/^(?:\s*- |(?:[\d*/,-]+ +){5})/, "");
  return text !== line && (BEGINNING.test(text) || text.startsWith("cd ")) ? text : "";
}

/** A `#` begins a comment at a word's start, outside quotes. */
function withoutComment(line: string): string {
  let quote = "";
  for (let index = 0; index < line.length; index++) {
    const character = line.charAt(index);
    if (quote !== "") {
      quote = character === quote ? "" : quote;
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (character === "#" && /^$|\s/.test(line.charAt(index - 1))) {
      return line.slice(0, index).trim();
    }
  }
  return line.trim();
}

/** Code spans with the beginning of a command; one may cross a line's end. */
function inSpans(prose: string): readonly Found[] {
  return [...prose.matchAll(/`([^`]+)`/g)].flatMap((match) => {
    const command = (match[1] ?? "").replace(/\s+/g, " ").trim();
    const line = prose.slice(0, match.index).split("\n").length;
    return BEGINNING.test(command) ? [{ command, line }] : [];
  });
}
