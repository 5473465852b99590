import { copyRows, type CopyRequest } from "../../../runner/data/copyRows";
import { seedDatabase } from "../../../runner/data/seed";
import { cutOffs, type RunThrough } from "../../support/cuts";
import {
  allRows,
  BRANCH_STACK,
  branchDatabase,
  makePair,
  type Pair,
} from "../../support/givenData";
import { serverOfFile } from "../../support/postgres";

const server = serverOfFile({ major: 17 });

it("a seed that is cut off at any writing statement, or after the commit, leaves all of its rows or none", async () => {
  const rows = Array.from({ length: 1000 }, (_, n) => `${String(n)}\tsome text\n`).join("");
  const text = `CREATE TABLE public.t (n int PRIMARY KEY, text text);\nCOPY public.t FROM stdin;\n${rows}\\.\n`;
  const parts = { stack: BRANCH_STACK, name: "s.sql", bytes: Buffer.from(text) };
  const branches = [await branchDatabase(server()), await branchDatabase(server())] as const;
  const [first, other] = branches.map(
    ({ request }) =>
      (port: number) =>
        seedDatabase({ ...request, ...parts, connection: { ...request.connection, port } }),
  ) as [RunThrough, RunThrough];
  const client = await branches[1].database.connect();
  await cutOffs(server(), first, other, async (isCommitted) => {
    expect((await allRows(client))["t"]?.length).toBe(isCommitted ? 1000 : undefined);
  });
  await client.end();
  expect(await other(server().port)).toMatchObject({ outcome: "already" });
}, 300_000);

it("a copy that is cut off so leaves all of the source's rows or all of the former ones", async () => {
  const pair = (): Promise<Pair> =>
    makePair(
      { from: server(), to: server() },
      {
        both: "CREATE TABLE public.t (n int PRIMARY KEY, text text)",
        source: "INSERT INTO t SELECT n, 'some text' FROM generate_series(1, 1000) n",
      },
    );
  const copyOf =
    (request: CopyRequest): RunThrough =>
    (port) =>
      copyRows({ ...request, to: { ...request.to, port } });
  const [first, other] = [await pair(), await pair()];
  const wanted = await allRows(other.source);
  const before = await allRows(other.target);
  const copy = copyOf(other.request);
  await cutOffs(server(), copyOf(first.request), copy, async (isCommitted) => {
    expect(await allRows(other.target)).toEqual(isCommitted ? wanted : before);
  });
  expect(await copy(server().port)).toMatchObject({ outcome: "already" });
  expect(await allRows(other.target)).toEqual(wanted);
  await Promise.all([first, other].flatMap(({ source, target }) => [source.end(), target.end()]));
}, 300_000);
