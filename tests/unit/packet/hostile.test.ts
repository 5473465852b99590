import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadDirectives } from "../../../runner/directive/directive";
import { readDirectiveDocuments } from "../../../runner/packet/document";
import type { Packet } from "../../../runner/packet/model";
import {
  packetHtml,
  packetMarkdown,
  samplePacket,
  samplePlan,
  sampleRehearsal,
} from "../../support/packet";
import { ROOT } from "../../support/repository";
import { addDirective, copySqlFolder, removeCopies } from "../../support/sqlFolder";

const SCRIPT = '<script>alert("1")</script>';
const IMAGE = "![x](http://evil.example/x.png)";
const BREAKOUT = "</code></pre></details>\n```\n# Approved\n<img src=x onerror=alert(1)>";
/** A table's and a column's name, a default that breaks out of its block, and a name that turns the reading direction. */
const SQL = `CREATE TABLE "${SCRIPT.replaceAll('"', '""')}" ("a\`\`\`b|c" text DEFAULT '${BREAKOUT}', "\u202edrow" text);\n`;

let packet: Packet;
beforeAll(async () => {
  const folder = copySqlFolder();
  await addDirective(folder, "ad_006", SQL, [], (manifest) => {
    for (const step of manifest.steps) {
      step["title"] = `${SCRIPT} | ${IMAGE}`;
      step["reason"] = BREAKOUT.replaceAll("\n", " ");
    }
  });
  mkdirSync(join(folder, "docs"));
  writeFileSync(
    join(folder, "docs", "ARCHITECTURAL_DIRECTIVE_006.md"),
    `# ${SCRIPT} ${IMAGE}\n\n~~~\n~~~\n\n\`\`\`sql\nSELECT '${SCRIPT}';\n\`\`\`\n`,
  );
  const directives = await loadDirectives(folder, []);
  const prepared = samplePlan(directives);
  const plan = prepared.plan as NonNullable<typeof prepared.plan>;
  const nasty = `${SCRIPT} ${IMAGE} ${BREAKOUT}`;
  packet = await samplePacket({
    directives,
    documents: await readDirectiveDocuments(folder, ["ad_006"]),
    findings: new Map([["ad_006", [{ title: nasty, text: nasty, amendments: [] }]]]),
    planFile: `${SCRIPT}'; rm -rf $HOME \`id\`.json`,
    prepared: {
      ...prepared,
      plan: { ...plan, stack: nasty, target: { ...plan.target, host: nasty, database: nasty } },
      obstacles: [{ found: nasty, remedy: nasty }],
      titles: new Map([["all/access", nasty]]),
    },
    rehearsal: sampleRehearsal(directives, {
      serverVersion: nasty,
      differences: [nasty],
      omitted: [nasty],
      locks: [
        {
          relation: nasty,
          mode: nasty,
          takenBy: nasty,
          heldMs: 1,
          blocksReads: true,
          blocksWrites: true,
        },
      ],
      accessAfter: [{ role: nasty, object: nasty, privileges: [nasty] }],
      tables: [{ name: nasty, targetRows: 1, rehearsedRows: 1 }],
    }),
  });
});
afterAll(removeCopies);

describe("a packet of a hostile plan", () => {
  it("is a page with only our own elements", () => {
    const page = packetHtml(packet);
    const known =
      "html head meta title style body header main footer nav section article div p h1 h2 h3 ul ol li dl dt dd table thead tbody tr th td pre code span strong mark details summary a wbr svg defs marker path rect text g";
    const found = new Set(
      [...page.matchAll(/<([a-z0-9]+)/gi)].map(([, name = ""]) => name.toLowerCase()),
    );
    expect([...found].filter((name) => !known.split(" ").includes(name))).toEqual([]);
    expect(page).not.toMatch(/<[^>]*\son\w+\s*=/i);
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect(page).toContain("[U+202E]drow");
    expect(page).not.toContain("\u202e");
  });

  it("is a page that closes every element that it opens, in order", () => {
    const open: string[] = [];
    const wrong: string[] = [];
    const page = packetHtml(packet).replace(/<!doctype html>|<style>[\s\S]*?<\/style>/g, "");
    const elements = page.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/gi);
    for (const [element, slash, name = "", selfClosing] of elements) {
      if (slash === "/") {
        wrong.push(...(open.pop() === name ? [] : [element]));
      } else if (selfClosing !== "/") {
        open.push(name);
      }
    }
    expect({ wrong, open }).toEqual({ wrong: [], open: [] });
  });

  it("is Markdown in which a parser finds no markup of the plan's", () => {
    const markdown = packetMarkdown(packet);
    const nodes = parseMarkdown(markdown);
    const html = nodes.filter(({ type }) => type === "html").map(({ value = "" }) => value);
    expect(
      html.filter((value) => !/^<details><summary>.*<\/summary>$|^<\/details>$/s.test(value)),
    ).toEqual([]);
    expect(html.filter((value) => /<(?!\/?(details|summary|code|strong)>)/.test(value))).toEqual(
      [],
    );
    expect(
      nodes.filter(({ type }) => ["image", "imageReference", "definition"].includes(type)),
    ).toEqual([]);
    expect(nodes.filter(({ type, depth = 0 }) => type === "heading" && depth < 2)).toEqual([]);
    expect(
      nodes.filter(({ type, value = "" }) => type === "code" && value.includes("CREATE TABLE")),
    ).not.toEqual([]);
    expect(markdown).not.toContain("\u202e");
  });

  it("has commands in which a path with any characters is one word", () => {
    const file = `'${SCRIPT}'\\''; rm -rf $HOME \`id\`.json'`;
    expect(packetMarkdown(packet)).toContain(`npx v7 approve --plan ${file} --digest`);
  });

  it("says that the SQL differs from the document", () => {
    expect(packet.verdict.headline).toBe("Not the directive's text");
  });
});

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly depth?: number;
  readonly children?: readonly Node[];
}

/** Every node of the tree that Prettier's parser (remark) makes, in another process, since Prettier does not load inside jest. */
function parseMarkdown(markdown: string): Node[] {
  const program = `
    let text = ""; process.stdin.on("data", (more) => { text += more; }).on("end", async () => {
      const { ast } = await require("prettier").__debug.parse(text, { parser: "markdown" });
      process.stdout.write(JSON.stringify(ast, (key, value) => (key === "position" ? undefined : value)));
    });`;
  const output = execFileSync(process.execPath, ["-e", program], {
    cwd: ROOT,
    input: markdown,
    maxBuffer: 1 << 26,
  });
  const all = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(all)];
  return all(JSON.parse(output.toString()) as Node);
}
