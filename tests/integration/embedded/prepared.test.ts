import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  type ClusterAccess,
  createCluster,
  destroyCluster,
  type Place,
  placeOf,
  stopAll,
  SUPERUSER,
} from "../../../runner/embedded";
import { copyPrepared } from "../../../runner/embedded/cluster/prepared";
import { findBinaries, programPath } from "../../../runner/embedded/server/binaries";
import { asAccount, serverAccount } from "../../../runner/embedded/system/account";
import { runProgram } from "../../../runner/embedded/system/program";
import type { PostgresMajor } from "../../../runner/postgres/majors";
import { ask, type Checkout, count, filesWith, login, makeCheckout, processList } from "./checkout";

jest.setTimeout(240_000);

let checkout: Checkout;

beforeEach(() => {
  checkout = makeCheckout();
});

afterEach(async () => {
  await checkout.remove();
});

const preparedNames = (): string[] => {
  const folder = join(checkout.folder, ".v7", "prepared");
  return existsSync(folder) ? readdirSync(folder).sort() : [];
};

const preparedData = (name = preparedNames()[0] ?? ""): string =>
  join(checkout.folder, ".v7", "prepared", name, "data");

/** Makes a stack's cluster, and keeps its messages. */
async function create(
  stack: string,
  major: PostgresMajor = 17,
): Promise<{ access: ClusterAccess; told: string[]; place: Place }> {
  const told: string[] = [];
  const place = placeOf(stack, checkout.folder);
  const access = await createCluster(place, major, (message) => told.push(message));
  return { access, told, place };
}

const filesIn = (access: ClusterAccess): Promise<number> => count(access, "file_audit");

/** Gives the checkout a baseline of that one file. */
function otherBaseline(sql: string): string {
  rmSync(join(checkout.folder, "sql"));
  const folder = join(checkout.folder, "sql", "dev_baseline");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "010.sql"), sql);
  return folder;
}

describe("the prepared data directory", () => {
  it("is created once for ten stacks at once, and each copy has its own passwords and port", async () => {
    const stacks = Array.from({ length: 10 }, (_, n) => `branch-${n}`);
    const made = await Promise.all(stacks.map((stack) => create(stack)));
    expect(
      made.flatMap(({ told }) => told).filter((one) => one.includes("preparing")),
    ).toHaveLength(1);
    expect(preparedNames()).toHaveLength(1);
    expect(new Set(made.map(({ access }) => access.port)).size).toBe(10);
    for (const [index, { access }] of made.entries()) {
      expect(await filesIn(access)).toBe(6);
      const other = made[(index + 1) % made.length]?.access;
      for (const [user, password] of [
        ["postgres", other?.password],
        [SUPERUSER, other?.superuserPassword],
      ] as const) {
        await expect(login(access.port, user, String(password))).rejects.toThrow("password");
      }
    }
  });

  it("has no login with a password, and no password of a copy in any of its files", async () => {
    const { access } = await create("dev");
    const binaries = findBinaries(17, checkout.folder);
    const folder = join(checkout.folder, "copies");
    mkdirSync(folder);
    chmodSync(folder, 0o711);
    const dataDirectory = join(folder, "data");
    await copyPrepared({
      checkout: checkout.folder,
      contents: "baseline",
      binaries,
      dataDirectory,
    });
    const query =
      "SELECT 'with a password: ' || count(*) FROM pg_authid WHERE rolpassword IS NOT NULL\n";
    const account = serverAccount();
    expect(asAccount(account)).not.toEqual({ uid: 0, gid: 0 });
    const printed = await runProgram(
      programPath(binaries, "postgres"),
      ["--single", "-D", dataDirectory, "postgres"],
      { what: "asking", account, cwd: dataDirectory, input: query },
    );
    expect(printed).toContain("with a password: 0");
    for (const password of [access.password, access.superuserPassword]) {
      expect(filesWith(preparedData(), password)).toEqual([]);
    }
  });

  it("is not accessible to other users", async () => {
    await create("dev");
    expect((statSync(preparedData()).mode & 0o777).toString(8)).toBe("700");
    expect((statSync(join(preparedData(), "..")).mode & 0o066).toString(8)).toBe("0");
  });

  it("stays when servers are stopped and destroyed, and needs no process", async () => {
    const { place } = await create("dev");
    await stopAll(checkout.folder);
    await destroyCluster(place);
    expect(processList()).not.toContain(checkout.folder);
    expect(readdirSync(join(preparedData(), "..")).sort()).toEqual([
      "cluster.json",
      "data",
      "listing",
    ]);
    expect((await create("dev")).told[0]).toContain("copying");
  });

  it("is created again, and the old one is removed, when the baseline changes", async () => {
    const folder = otherBaseline("CREATE ROLE postgres LOGIN; CREATE TABLE one ()");
    await create("one");
    const [before] = preparedNames();
    writeFileSync(join(folder, "020.sql"), "CREATE TABLE two ()");
    const { access } = await create("two");
    expect(preparedNames()).toHaveLength(1);
    expect(preparedNames()).not.toEqual([before]);
    const tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    expect(await ask(access, tables)).toEqual([{ tablename: "one" }, { tablename: "two" }]);
  });

  it("runs each file of the baseline as the superuser, whatever role the one before has set", async () => {
    const folder = otherBaseline("CREATE ROLE postgres LOGIN; SET LOCAL ROLE postgres");
    writeFileSync(join(folder, "020.sql"), "CREATE TABLE two (); SET ROLE postgres");
    const { access } = await create("dev");
    const owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'two'";
    expect(await ask(access, owner)).not.toEqual([{ tableowner: "postgres" }]);
  });

  it("is not created when the baseline has a mistake, and the message names the file", async () => {
    otherBaseline("CREATE ROLE postgres LOGIN; SELECT 1/0");
    await expect(create("dev")).rejects.toThrow(
      "preparing the embedded database, in sql/dev_baseline/010.sql: found division by zero",
    );
    expect(preparedNames()).toEqual([]);
  });
});

describe("a damaged prepared data directory", () => {
  it.each([
    [
      "one of its files is missing",
      (data: string): void => {
        rmSync(join(data, "PG_VERSION"));
      },
    ],
    [
      "one of its files is too short",
      (data: string): void => {
        truncateSync(join(data, "base/5/1259"), 8192);
      },
    ],
    [
      "all of its data are missing",
      (data: string): void => {
        rmSync(data, { recursive: true });
      },
    ],
  ])("is created again when %s", async (_, damage) => {
    await create("first");
    damage(preparedData());
    const { access, told } = await create("second");
    expect(told).toContainEqual(expect.stringContaining("preparing a data directory"));
    expect(await filesIn(access)).toBe(6);
    const third = await create("third");
    expect(third.told[0]).toContain("copying");
    expect(preparedNames()).toHaveLength(1);
  });

  it("is reported when it cannot be created", async () => {
    mkdirSync(join(checkout.folder, ".v7"));
    writeFileSync(join(checkout.folder, ".v7", "prepared"), "somebody's file");
    await expect(create("dev")).rejects.toThrow(
      /^EMBEDDED_FAILED: preparing ".v7\/prepared\/.*Let this user write to the folder \.v7/,
    );
  });
});
