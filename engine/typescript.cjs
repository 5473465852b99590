/**
 * Lets Node.js read this project's TypeScript: `node --require ./engine/typescript.cjs`, or require it first.
 *
 * A `.ts` file that is required is bundled with everything of ours that it imports, once for each state of the sources,
 * and the bundle is kept in .v7/build. What runs is always what stands in the checkout, and a start costs milliseconds
 * where compiling file by file (ts-node, tsx) costs half a second of each of the processes that a run consists of.
 * In a bundle `__dirname` is the entry's: our code asks `checkoutFolder()` instead.
 */
"use strict";
const { createHash } = require("node:crypto");
const {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} = require("node:fs");
const Module = require("node:module");
const { join, relative } = require("node:path");

const checkout = join(__dirname, "..");
const folders = ["components", "runner", "policy", "cli", "engine"];
const build = join(checkout, ".v7", "build");
const HOUR_MILLISECONDS = 3_600_000;
let digest;

/** The digest of everything that a bundle can hold: our sources, and what the packages are. */
function sourcesDigest() {
  const hash = createHash("sha256");
  const sources = folders.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true })
      .filter((file) => file.endsWith(".ts") || file === "typescript.cjs")
      .map((file) => join(folder, file)),
  );
  for (const file of ["package.json", "package-lock.json", "index.ts", ...sources.sort()]) {
    hash.update(`${file}\0`).update(readFileSync(join(checkout, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** Our sources alone, unless more is asked for: packages are loaded as they are. */
function bundle(entry, options) {
  digest ??= sourcesDigest();
  const name = relative(checkout, entry).replaceAll(/[^A-Za-z0-9]+/g, "-");
  const outfile = join(build, `${name}-${digest}.cjs`);
  if (!existsSync(outfile)) {
    mkdirSync(build, { recursive: true });
    const unfinished = `${outfile}.${process.pid}`;
    require("esbuild").buildSync({
      entryPoints: [entry],
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      outfile: unfinished,
      logLevel: "error",
      ...options,
    });
    renameSync(unfinished, outfile);
    removeOld(name);
  }
  return readFileSync(outfile, "utf8");
}

/** Bundles of earlier sources, but for those that somebody may be reading just now. */
function removeOld(name) {
  for (const file of readdirSync(build).filter((one) => one.startsWith(`${name}-`))) {
    const path = join(build, file);
    if (Date.now() - statSync(path).mtimeMs > HOUR_MILLISECONDS) {
      rmSync(path, { force: true });
    }
  }
}

Module._extensions[".ts"] = (module, filename) => {
  // Pulumi's launcher has every stack rewritten by source maps, and the SDK takes a stack with each promise: a fifth of a
  // run's time. Our bundles have no maps.
  Error.prepareStackTrace = undefined;
  module._compile(bundle(filename, { packages: "external" }), filename);
};

/** Runs an entry whose packages are bundled too: for a program that starts often and loads little of them. */
exports.runBundled = (entry, external) => {
  const module = new Module(entry, null);
  module.filename = entry;
  module.paths = Module._nodeModulePaths(checkout);
  module._compile(bundle(entry, { external }), entry);
};
