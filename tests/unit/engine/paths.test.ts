import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, CHECKOUT, places } from "../../../engine/paths";
import { folderOfTest } from "../../support/folder";

describe("cacheFolder", () => {
  const fallback = "/fallback";
  const home = folderOfTest("v7 home ");

  it("is the folder that V7_CACHE names, before any other", () => {
    const environment = { V7_CACHE: "/chosen", XDG_CACHE_HOME: home(), HOME: home() };
    expect(cacheFolder(environment, "linux", fallback)).toBe("/chosen");
  });

  it("resolves a relative V7_CACHE in the checkout", () => {
    expect(cacheFolder({ V7_CACHE: "there" }, "linux", fallback)).toBe(join(CHECKOUT, "there"));
  });

  it("is v7 in the user's cache folder, even if its path has spaces", () => {
    expect(cacheFolder({ XDG_CACHE_HOME: join(home(), "x") }, "linux", fallback)).toBe(
      join(home(), "x", "v7"),
    );
    expect(cacheFolder({ HOME: home() }, "linux", fallback)).toBe(join(home(), ".cache", "v7"));
    expect(cacheFolder({ HOME: home() }, "darwin", fallback)).toBe(
      join(home(), "Library", "Caches", "v7"),
    );
  });

  it.each([
    ["not set", {}],
    ["empty", { HOME: "" }],
    ["not a path", { HOME: "home" }],
    ["a folder that is not there", { HOME: "/nonexistent" }],
    ["a cache folder that is no path", { XDG_CACHE_HOME: "cache" }],
  ])("falls back if HOME is %s", (_case, environment) => {
    expect(cacheFolder(environment, "linux", fallback)).toBe(fallback);
  });

  it("falls back without creating HOME if HOME does not exist", () => {
    const missing = join(home(), "missing");
    expect(cacheFolder({ HOME: missing }, "linux", fallback)).toBe(fallback);
    expect(existsSync(missing)).toBe(false);
  });

  it("falls back if HOME is a file", () => {
    const file = join(home(), "file");
    writeFileSync(file, "");
    expect(cacheFolder({ HOME: file }, "linux", fallback)).toBe(fallback);
  });
});

describe("places", () => {
  it("are in the checkout's .v7, except for the cache", () => {
    const all = places({ V7_CACHE: "/chosen" });
    const elsewhere = Object.values<string>({ ...all }).filter(
      (place) => !place.startsWith(join(CHECKOUT, ".v7")),
    );
    expect(elsewhere).toEqual(["/chosen"]);
  });
});
