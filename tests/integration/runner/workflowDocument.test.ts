import { execFileSync } from "node:child_process";
import type { Client } from "pg";
import { applyDirective } from "../../../runner/actions/apply";
import { applied, applyRequest } from "../../support/directive";
import { type Block, fencedBlocks } from "../../support/markdown";
import { serverOfFile } from "../../support/postgres";
import { ROOT, textOf } from "../../support/repository";

const blocks = fencedBlocks(textOf("docs/V7_Migration/04_Database_Phase/DATABASE_WORKFLOW.md"));

/** Every block of that kind that is followed by its answer. */
function answered(language: string): readonly (readonly [string, string, string])[] {
  return blocks.flatMap((block, index) => {
    const next: Block | undefined = blocks[index + 1];
    return block.language === language && next?.language === "text"
      ? [[`${block.heading}, ${String(index)}`, block.text, next.text] as const]
      : [];
  });
}

/** As `psql -At` prints it. */
async function answerOf(client: Client, sql: string): Promise<string> {
  const { rows } = await client.query<(string | null)[]>({
    text: sql,
    rowMode: "array",
    // Text, as the server sends it: pg would make numbers, dates and lists of some.
    types: { getTypeParser: () => (value: string) => value },
  });
  const lines = rows.map((row) => row.map((cell) => cell ?? "").join("|"));
  return lines.length === 0 ? "(0 rows)" : lines.join("\n");
}

describe("DATABASE_WORKFLOW.md", () => {
  const server = serverOfFile({ major: 17 });
  let client: Client;

  beforeAll(async () => {
    const database = await server().createDatabase({ shape: "supabase" });
    client = await database.connect();
    await client.query(
      "INSERT INTO public.file_audit (file_path) VALUES ('a.py'), ('b.py'), ('c.py')",
    );
    await applyDirective(await applyRequest(database));
  });

  it.each(answered("sql"))("has the right answer to its query: %s", async (_what, sql, answer) => {
    expect(await answerOf(client, sql)).toBe(answer);
  });

  it("has an answer to each query, and more than ten of them", () => {
    expect(answered("sql").length).toBeGreaterThan(10);
    // The one without an answer is a statement that people write.
    const others = blocks.filter(
      ({ language, text }) =>
        language === "sql" && !answered("sql").some(([, sql]) => sql === text),
    );
    expect(others.map(({ text }) => text.trim().split(" ")[0])).toEqual(["INSERT"]);
  });

  it("shows an INSERT that adds one row", async () => {
    const text = blocks.find(({ language }) => language === "sql")?.text ?? "";
    await client.query("BEGIN");
    const { rowCount } = await client.query(text);
    await client.query("ROLLBACK");
    expect(rowCount).toBe(1);
  });

  it("shows the right error of the directive's text when it runs by itself", async () => {
    const directive = textOf("sql/ad_005/directive.sql");
    const shown = answered("sh").filter(([, text]) => text.includes("createdb"));
    expect(shown).toHaveLength(2);
    for (const [, command, answer] of shown) {
      const empty = await server().createDatabase({ shape: "empty" });
      const alone = await empty.connect();
      const [, before = ""] = /-c '([^']*)'/.exec(command) ?? [];
      await alone.query(before);
      const { message } = (await alone.query(directive).catch((error: unknown) => error)) as Error;
      expect(`ERROR:  ${message}`).toBe(answer);
    }
  });

  it.each(answered("sh").filter(([, text]) => text.startsWith("grep")))(
    "has the right answer to its command: %s",
    (_what, command, answer) => {
      // grep ends with 1 when it counts none.
      const out = execFileSync("sh", ["-c", `${command} || true`], { cwd: ROOT, encoding: "utf8" });
      expect(out.trimEnd()).toBe(answer);
    },
  );
});

describe("docs/history.md", () => {
  const server = serverOfFile({ major: 17 });

  it("shows the right counts for a valid chain and for two broken ones", async () => {
    const { client } = await applied(server());
    const history = textOf("docs/history.md");
    const [query] = fencedBlocks(history).filter(({ language }) => language === "sql");
    const count = async (change: string): Promise<string> => {
      await client.query(
        `BEGIN; ALTER TABLE v7_control.history DISABLE TRIGGER history_is_append_only; ${change}`,
      );
      const answer = await answerOf(client, query?.text ?? "");
      await client.query("ROLLBACK");
      return answer.split("|").slice(0, 3).join("|");
    };
    const said = [
      ...history.matchAll(/^ +(\d+) \| +(\d+) \| +(\d*) *\|/gm),
      ...history.matchAll(/ (\d+) rows, (\d+) broken, first_broken (\d+)/g),
    ].map(([, ...numbers]) => numbers.join("|"));
    expect(said).toEqual([
      await count(""),
      await count("UPDATE v7_control.history SET applied_by = 'somebody else' WHERE position = 5"),
      await count("DELETE FROM v7_control.history WHERE position = 7"),
    ]);
  });
});
