import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { lockDirective } from "../../../runner/authoring/lockDirective";
import { lockText } from "../../../runner/authoring/lockText";
import { formatDifference } from "../../../runner/catalog/compare";
import { lockFile } from "../../../runner/directive/readLock";
import { findDrift, type Finding } from "../../../runner/drift/findDrift";
import {
  verifyDatabase,
  type Verification,
  type VerifyRequest,
} from "../../../runner/drift/verify";
import type { PostgresMajor } from "../../../runner/postgres/majors";
import { asRunner } from "../../support/asRunner";
import { carriedOut, repairStatements } from "../../support/drift";
import { MAJORS } from "../../support/majors";
import { serverOfFile } from "../../support/postgres";
import { addDirective, copySqlFolder, removeCopies, SQL_FOLDER } from "../../support/sqlFolder";

/** A block of mutations.txt, which says what its words mean, or of kinds.txt. */
interface Mutation {
  readonly words: readonly string[];
  readonly sql: string;
  readonly found: readonly string[];
}

const WORDS = /^(?:((?:everywhere|superuser|hand|left|history|1\d|, )+): )?(.*)$/s;
const FOUND = /^ {2}(?:missing: |unexpected: |changed: |\.\.\.$)/;

function mutationsOf(file: string): readonly Mutation[] {
  const [, ...blocks] = read(file).trimEnd().split("\n\n");
  return blocks.map((block) => {
    const lines = block.split("\n").filter((line) => !line.startsWith("-- "));
    const text = lines.filter((line) => !FOUND.test(line)).join("\n");
    const [, words = "", sql = ""] = WORDS.exec(text) ?? [];
    const found = lines.filter((line) => FOUND.test(line)).map((line) => line.trim());
    return { words: words.split(", "), sql, found };
  });
}

function read(name: string): string {
  return readFileSync(join(__dirname, name), "utf8");
}

/** sql/ with the directive kinds.sql behind ad_005. */
async function withKinds(major: PostgresMajor): Promise<string> {
  const folder = copySqlFolder();
  cpSync(join(SQL_FOLDER, "dev_baseline"), join(folder, "dev_baseline"), { recursive: true });
  await addDirective(folder, "ad_006", read("kinds.sql"), [], ({ steps: [section] }) => {
    Object.assign(section ?? {}, { irreversible: "only its drift is looked at" });
  });
  const lock = await lockDirective(folder, "ad_006", undefined, [{ major, defaults: "closed" }]);
  writeFileSync(lockFile(folder, "ad_006"), lockText(lock));
  return folder;
}

const COUNT_ROWS = `SELECT (SELECT count(*) FROM file_audit) AS a, (SELECT count(*) FROM v7_migration_workflow) AS b,
  (SELECT count(*) FROM v7_subworkflow_tasks) AS c, (SELECT count(*) FROM v7_enum_migrations) AS d`;

const MUTATIONS = mutationsOf("mutations.txt");
const OF_KINDS = mutationsOf("kinds.txt");

it("mutations.txt has at least sixty different changes", () => {
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(MUTATIONS.map(({ sql }) => sql)).size).toBe(MUTATIONS.length);
});

// 17 has every mutation, the others those that may differ by version.
describe.each([
  ...[...new Set([...MAJORS, 17 as const])].map((major) => [major, "of ad_005"] as const),
  ...MAJORS.map((major) => [major, "of other kinds"] as const),
])("drift on PostgreSQL %i %s", (major, what) => {
  const isOfKinds = what === "of other kinds";
  const chosen = (isOfKinds ? OF_KINDS : MUTATIONS).filter(
    ({ words }) =>
      (isOfKinds || major === 17 || words.includes("everywhere")) &&
      !words.some((word) => Number(word) > major),
  );
  const server = serverOfFile({ major }, removeCopies);
  let client: Client;
  let request: VerifyRequest;
  let before: Verification;

  beforeAll(async () => {
    const made = await carriedOut(server(), isOfKinds ? await withKinds(major) : SQL_FOLDER);
    ({ request } = made);
    client = await made.database.connect(server().superuser);
    before = await verify();
  }, 60_000);

  const verify = (): Promise<Verification> =>
    asRunner(client, (client) => verifyDatabase(client, request));

  it("is not found when nothing has changed", () => {
    expect(before.differences).toStrictEqual([]);
    expect(before.pending).toStrictEqual([]);
  });

  it.each(chosen.map((mutation) => [mutation.sql, mutation] as const))(
    "is found, named and repaired: %s",
    async (_sql, mutation) => {
      await client.query("BEGIN");
      try {
        await client.query(mutation.sql);
        const { findings } = await asRunner(client, (client) => findDrift(client, request));
        expect(told(mutation, findings)).toStrictEqual([...mutation.found].sort());
        expect(findings.filter(({ causes }) => causes.length === 0)).toStrictEqual([]);
        await expectRepaired(mutation, findings);
      } finally {
        await client.query("ROLLBACK");
      }
    },
  );

  async function expectRepaired(
    { words, found }: Mutation,
    findings: readonly Finding[],
  ): Promise<void> {
    const isLeft = words.includes("left");
    const manual = findings.filter(({ repair }) => repair.how === "manual");
    expect(manual.length > 0).toBe(
      words.some((word) => ["hand", "left", "history"].includes(word)),
    );
    const run = isLeft ? findings.filter((one) => !manual.includes(one)) : findings;
    if (words.includes("history")) {
      expect([...repairStatements(run)].join("")).toBe("");
      return;
    }
    const isCounted = !found.some((one) => one.startsWith("missing: table"));
    const counted = isCounted ? (await client.query(COUNT_ROWS)).rows : [];
    await client.query(words.includes("superuser") ? "RESET ROLE" : "SET LOCAL ROLE postgres");
    for (const statement of repairStatements(run)) {
      await client.query(statement);
    }
    await client.query("RESET ROLE");
    if (isLeft) {
      expect(manual.map(({ repair }) => repair.note).join()).toContain("Expected: ");
      return;
    }
    const after = await verify();
    expect(after.differences.map(formatDifference)).toStrictEqual([]);
    expect(after.schemaFingerprint).toBe(before.schemaFingerprint);
    expect(isCounted ? (await client.query(COUNT_ROWS)).rows : []).toStrictEqual(counted);
  }
});

/** The report's lines, sorted, each cut to the beginning that the mutation names; "..." for all others if it has that. */
function told({ found }: Mutation, findings: readonly Finding[]): readonly string[] {
  const lines = findings.map(formatDifference);
  const begun = lines.flatMap((line) => found.find((one) => line.startsWith(one)) ?? []);
  const others = lines.filter((line) => !found.some((one) => line.startsWith(one)));
  return [...begun, ...(found.includes("...") && others.length > 0 ? ["..."] : others)].sort();
}
