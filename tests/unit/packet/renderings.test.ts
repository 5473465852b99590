import { signingBlock } from "../../../runner/approval/signingBlock";
import { loadDirectives, type Directives } from "../../../runner/directive/directive";
import { makePacket } from "../../../runner/packet";
import type { Packet } from "../../../runner/packet/model";
import { packetPage } from "../../../runner/packet/page";
import { spans, type Block, type Inline } from "../../../runner/pages/blocks";
import {
  changedDocuments,
  otherPlan,
  packetHtml,
  packetInput,
  packetMarkdown,
  rollbackPlan,
  samplePacket,
  samplePlan,
  sampleRehearsal,
} from "../../support/packet";
import { SQL_FOLDER } from "../../support/sqlFolder";

/** GitHub's limit on a comment. */
const LONGEST_COMMENT = 65_536;

let directives: Directives;
let packets: readonly (readonly [string, Packet])[];
beforeAll(async () => {
  directives = await loadDirectives(SQL_FOLDER, []);
  const rehearsal = sampleRehearsal(directives);
  const obstacles = [{ found: "no table", remedy: "Create it" }];
  packets = [
    ["rehearsed", await samplePacket({ rehearsal })],
    ["not rehearsed", await samplePacket()],
    ["with obstacles", await samplePacket({ prepared: { ...samplePlan(directives), obstacles } })],
    ["rollback", await samplePacket({ prepared: rollbackPlan(directives) })],
    ["trust", await samplePacket({ prepared: otherPlan(directives, "trust") })],
  ];
});

/** Every text in these blocks. */
function textsOf(blocks: readonly Block[]): string[] {
  const inline = (line: Inline): string[] =>
    spans(line).map((span) =>
      typeof span === "string" ? span : "code" in span ? span.code : span.strong,
    );
  return blocks.flatMap((block): string[] => {
    switch (block.kind) {
      case "text":
        return inline(block.text);
      case "heading":
        return [block.text];
      case "list":
        return block.items.flatMap(inline);
      case "facts":
        return block.facts.flatMap(([name, value]) => [name, ...inline(value)]);
      case "table":
        return [...block.columns.map(({ title }) => title), ...block.rows.flat().flatMap(inline)];
      case "code":
        return [block.text];
      case "pair":
        return [block.left.text, block.right.text];
      case "fold":
        return [...inline(block.summary), ...textsOf(block.blocks)];
      case "notice":
        return [...inline(block.title), ...textsOf(block.blocks)];
      case "step":
        return [block.label, ...inline(block.title), ...textsOf(block.blocks)];
      case "digest":
        return [block.label, block.digest];
      case "bars":
        return block.bars.flatMap(({ label, value }) => [label, value]);
      case "picture":
        return block.picture.tables.map(({ name }) => name.replace("public.", ""));
    }
  });
}

/** A page without its innermost folded parts, or without all of them. */
const withoutInnerFolds = (page: string): string =>
  page.replace(/<details>(?:(?!<details>)[\s\S])*?<\/details>/g, "");
const withoutFolds = (page: string): string =>
  page.includes("<details>") ? withoutFolds(withoutInnerFolds(page)) : page;
const squeeze = (text: string): string => text.replace(/\s+/g, " ").trim();
const decoded = (text: string): string =>
  squeeze(
    text
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&quot;/g, '"')
      .replace(/&#39;/g, "'")
      .replace(/&amp;/g, "&"),
  );
const textOfHtml = (page: string): string =>
  decoded(
    page
      .replace(/<style>.*<\/style>/s, "")
      .replace(/<wbr \/>|<\/?span>|<\/?mark>|<\/?code>|<\/?strong>/g, "")
      .replace(/<[^>]*>/g, " "),
  );
const textOfMarkdown = (markdown: string): string =>
  decoded(markdown.replace(/^> ?/gm, "").replace(/\\([\\`*_{}[\]<>#|~&$!.+=-])/g, "$1"));

describe("a packet's page and Markdown", () => {
  it("both have every text of the packet", () => {
    for (const [name, packet] of packets) {
      const { title: ofPage, head, sections, foot } = packetPage(packet);
      const texts = [
        ofPage,
        ...textsOf(head),
        ...sections.flatMap(({ title, blocks }) => [title, ...textsOf(blocks)]),
        foot,
      ];
      const page = textOfHtml(packetHtml(packet));
      const markdown = textOfMarkdown(packetMarkdown(packet));
      expect({ [name]: texts.filter((text) => !page.includes(squeeze(text))) }).toEqual({
        [name]: [],
      });
      expect({ [name]: texts.filter((text) => !markdown.includes(squeeze(text))) }).toEqual({
        [name]: [],
      });
      expect(texts.length).toBeGreaterThan(30);
    }
  });

  it("have the parts in the order in which a signer reads them", () => {
    const parts = [
      "What it does",
      "Risks and findings",
      "To approve or to reject",
      "What will run",
      "Rehearsal",
      "Who can do what",
      "The tables",
      "Digests",
    ];
    const [[, packet] = []] = packets;
    const page = packetHtml(packet as Packet);
    const markdown = packetMarkdown(packet as Packet);
    expect([...page.matchAll(/<h2[^>]*>(.*?)<\/h2>/g)].map(([, title]) => title)).toEqual(parts);
    expect([...markdown.matchAll(/^### (.*)$/gm)].map(([, title]) => title)).toEqual(parts);
  });

  it("say in words when each step is committed", async () => {
    const packet = await samplePacket();
    const [step, ...others] = packet.steps;
    const withKinds = (...kinds: readonly string[]): string =>
      packetMarkdown({
        ...packet,
        steps: [
          ...kinds.map((kind) => ({ ...(step as Packet["steps"][number]), kind })),
          ...others,
        ],
      });
    expect(withKinds()).toContain("In one transaction, in this order.");
    const markdown = withKinds("backfill", "value");
    expect(markdown).not.toContain("In one transaction");
    expect(markdown).toContain("In this order, committed part by part.");
    expect(markdown).toMatch(/\*\*Backfill\*\* run after the commit before them, in batches/);
    expect(markdown).toMatch(/\*\*Value\*\* end a transaction/);
  });

  it("have every digest in full, and the exact commands and pastes that sign and reject", () => {
    for (const [, packet] of packets) {
      const { digest, plan, planFile } = packet;
      const command = `npx v7 approve --plan ${planFile} --digest ${digest} --key KEY --signer NAME`;
      const pastes = (["approved", "rejected"] as const).flatMap((decision) => {
        const { make, sign } = signingBlock({ plan: digest, action: plan.action, decision });
        return [make, sign];
      });
      const digests = [plan.access, plan.base.fingerprint, ...plan.steps.map((one) => one.sha256)];
      const texts = [command, `${command} --reject --notes 'why'`, ...digests];
      const page = textOfHtml(packetHtml(packet));
      const markdown = packetMarkdown(packet);
      expect([...texts, ...pastes].filter((one) => !page.includes(squeeze(one)))).toEqual([]);
      const fenced = pastes.map((paste) => `\`\`\`sh\n${paste}\n\`\`\`\n`);
      expect([...texts, ...fenced].filter((one) => !markdown.includes(one))).toEqual([]);
    }
  });

  it("fold all SQL, and fold the directive's own SQL a second time", () => {
    const [[, packet] = []] = packets;
    const page = packetHtml(packet as Packet).replaceAll("<wbr />", "");
    const section = /CREATE TABLE v7_migration_workflow|CREATE VIEW v7_migration_dashboard AS/;
    const amendment = /CREATE SCHEMA v7_control;|DO \$lockdown\$/;
    expect(page.match(new RegExp(section, "g"))).toHaveLength(6);
    expect(withoutInnerFolds(page)).not.toMatch(section);
    expect(withoutInnerFolds(page)).toMatch(amendment);
    expect(withoutFolds(page)).not.toMatch(amendment);
    expect(page).not.toContain("<details open");
  });

  it("show the SQL and the document's text unfolded where they differ", async () => {
    const packet = await samplePacket({ documents: await changedDocuments() });
    const page = packetHtml(packet);
    for (const rendering of [withoutFolds(page), packetMarkdown(packet)]) {
      expect(rendering).toContain("Differs from the document");
      expect(rendering).toContain("test_type VARCHAR(51)");
      expect(rendering).toContain("test_type VARCHAR(50)");
    }
    const marked = [...page.matchAll(/<mark>(.*?)<\/mark>/g)].map(([, one = ""]) => one.trim());
    expect(marked.map((one) => one.slice(0, 22))).toEqual([
      "test_type VARCHAR(51) ",
      "test_type VARCHAR(50) ",
    ]);
  });

  it("are small enough for a mail and a pull request", () => {
    for (const [name, packet] of packets) {
      expect({ [name]: packetMarkdown(packet).length < LONGEST_COMMENT }).toEqual({ [name]: true });
      expect({ [name]: packetHtml(packet).length < 400_000 }).toEqual({ [name]: true });
    }
  });

  it("leave parts that are too long for a comment to the page, and say so", async () => {
    const role = { role: "r", privileges: ["SELECT"] };
    const access = Array.from({ length: 900 }, (_, index) => ({
      ...role,
      object: `public.a_table_of_others_${String(index)}`,
    }));
    const rehearsal = sampleRehearsal(directives, { accessBefore: access, accessAfter: access });
    const packet = await samplePacket({ rehearsal });
    const markdown = packetMarkdown(packet);
    expect(markdown.length).toBeLessThan(LONGEST_COMMENT);
    expect(markdown).toContain("The page has more than this");
    expect(markdown).toContain("900 entries that stay as they are (in the page)");
    expect(markdown).toContain("CREATE SCHEMA v7_control;");
    expect(textOfHtml(packetHtml(packet))).toContain("a_table_of_others_899");
  });

  it("say that the plan was not rehearsed, and which command rehearses it", () => {
    const packet = packets[1]?.[1] as Packet;
    for (const rendering of [
      textOfHtml(packetHtml(packet)),
      textOfMarkdown(packetMarkdown(packet)),
    ]) {
      expect(rendering).toContain("Not rehearsed");
      expect(rendering).toContain("npx v7 rehearse --stack prod");
    }
  });

  it("are the same for the same plan at any time", async () => {
    const input = await packetInput(samplePlan(directives), directives);
    const renderings = ["2026-01-01", "2031-05-10"].map((day) => {
      jest.useFakeTimers({ now: new Date(day) });
      const packet = makePacket(input);
      return [packetHtml(packet), packetMarkdown(packet)];
    });
    jest.useRealTimers();
    expect(renderings[0]).toEqual(renderings[1]);
  });
});

describe("the page of a packet", () => {
  it("has no script, loads no file, and forbids both", () => {
    for (const [, packet] of packets) {
      const page = packetHtml(packet);
      expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|src=|javascript:|https?:/i);
      expect(page).not.toMatch(/\son\w+=|\sstyle=/i);
      expect(page).toMatch(
        /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/,
      );
    }
  });
});
