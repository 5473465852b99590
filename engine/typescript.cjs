/**
 * Lets Node.js read this project's TypeScript: `node --require ./engine/typescript.cjs`, or require it first.
 *
 * A required `.ts` file is bundled with everything that it imports, once for each state of the sources, and the bundle is
 * kept in .v7/build with V8's compiled code. So the checkout's present sources run, and a process starts in milliseconds,
 * where compiling file by file (ts-node, tsx) takes half a second in each process of a run. In a bundle `__dirname` is the
 * entry's folder: our code calls `checkoutFolder()` instead.
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
  writeFileSync,
} = require("node:fs");
const Module = require("node:module");
const { dirname, extname, join, relative } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { constants, Script } = require("node:vm");

const checkout = join(__dirname, "..");
const folders = ["components", "runner", "policy", "cli", "engine"];
const build = join(checkout, ".v7", "build");
const HOUR_MILLISECONDS = 3_600_000;
/** When compiled code is saved after a start, with the functions called by then. Some processes are killed before their exit. */
const COMPILED_MILLISECONDS = 1_500;
/**
 * Packages that are not bundled: libpg-query reads a file in its folder, esbuild starts a program in its folder, pg-native
 * is an option of pg that is not installed, and docker's is large and loaded only where it is used.
 */
const APART = ["esbuild", "libpg-query", "pg-native", "@pulumi/docker"];
/**
 * Packages that Pulumi's SDK and launchers load at each start to compile programs and to serialize functions for dynamic
 * providers. Our programs are compiled already and have no dynamic providers.
 */
const UNUSED = ["typescript", "ts-node", "@npmcli/arborist", "*/closure/v8Hooks"];
/** Replaces them, with no-ops for the functions that are called. */
const NOTHING = { register() {}, isInitializedAsync: () => Promise.resolve() };
/**
 * How many bytecodes a function runs before V8 optimizes it; the default of Node.js 20 is 67,584. Most of our processes end
 * within two seconds, and optimizing took an eighth of a run's CPU time. What runs long is still optimized. Node.js 22 and
 * later have no such flag, and optimize later by themselves.
 */
if (Number.parseInt(process.versions.v8) < 12) {
  setFlagsFromString("--interrupt-budget=1000000");
}
let digest;

/** The digest of our sources and the packages' versions. */
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

/**
 * Bundles an entry with everything that it imports, and returns its exports.
 *
 * @param entry the entry's file, also for the bundle's name and for stack traces
 * @param options further options of esbuild; always the same for an entry
 */
function load(entry, options) {
  digest ??= sourcesDigest();
  const name = relative(checkout, entry).replaceAll(/[^A-Za-z0-9]+/g, "-");
  const file = join(build, `${name}-${digest}.cjs`);
  if (!existsSync(file)) {
    mkdirSync(build, { recursive: true });
    replace(file, (outfile) => {
      require("esbuild").buildSync({
        entryPoints: [entry],
        bundle: true,
        platform: "node",
        target: "node20",
        format: "cjs",
        // import() becomes require(): Node.js warns of import() in scripts that `run` compiles.
        supported: { "dynamic-import": false },
        outfile,
        logLevel: "error",
        ...options,
      });
    });
    removeOld(name);
  }
  return run(file, entry);
}

/** Runs a bundle, with V8's saved code where this Node.js accepts it. */
function run(file, entry) {
  const compiled = `${file}.v8`;
  const script = new Script(Module.wrap(readFileSync(file, "utf8")), {
    filename: entry,
    cachedData: existsSync(compiled) ? readFileSync(compiled) : undefined,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (script.cachedDataRejected !== false) {
    const save = () => {
      process.off("exit", save);
      clearTimeout(timer);
      replace(compiled, (unfinished) => writeFileSync(unfinished, script.createCachedData()));
    };
    const timer = setTimeout(save, COMPILED_MILLISECONDS).unref();
    process.on("exit", save);
  }
  const module = new Module(entry, null);
  module.filename = entry;
  module.paths = Module._nodeModulePaths(dirname(entry));
  const others = Module.createRequire(entry);
  const isUnused = (name) =>
    UNUSED.some((one) => name === one || (one[0] === "*" && name.endsWith(one.slice(1))));
  const require = Object.assign((name) => (isUnused(name) ? NOTHING : others(name)), others);
  const words = [module.exports, require, module, entry, dirname(entry)];
  script.runInThisContext().apply(module.exports, words);
  return module.exports;
}

/**
 * Turns off the rewriting of stack traces by source maps, which our bundles do not have. Pulumi's launcher turns it on, and
 * the SDK takes a stack trace for each promise: a fifth of a run's time.
 */
function withoutMaps() {
  Error.prepareStackTrace = undefined;
}

/** Makes a file under a temporary name and renames it, so that other processes see it whole or not at all. */
function replace(file, make) {
  const unfinished = `${file}.${process.pid}`;
  make(unfinished);
  renameSync(unfinished, file);
}

/** Removes bundles of earlier sources, except recent ones, which another process may be reading. */
function removeOld(name) {
  for (const file of readdirSync(build).filter((one) => one.startsWith(`${name}-`))) {
    const path = join(build, file);
    if (Date.now() - statSync(path).mtimeMs > HOUR_MILLISECONDS) {
      rmSync(path, { force: true });
    }
  }
}

Module._extensions[".ts"] = (module, filename) => {
  withoutMaps();
  // Not bundled, because a process must have only one copy of the SDK.
  module.exports = load(filename, { external: [...APART, "@pulumi/*"] });
};

/** Runs an entry that is a whole program. */
exports.runBundled = (entry) => load(entry, { external: APART });

/**
 * Loads one of Pulumi's launchers and the program that it will start from one bundle with the SDK; otherwise the launcher
 * loads some hundred files. To be called before the launcher is loaded. A launcher from another folder is not replaced: the
 * program is then loaded like any other file, with that launcher's SDK.
 */
exports.launch = (launcher, program) => {
  const files = { launcher: require.resolve(launcher), program: join(checkout, program) };
  let bundled;
  const answer = (file, exportsOf) => {
    const loadOther = Module._extensions[extname(file)];
    Module._extensions[extname(file)] = (module, filename) => {
      const answered = filename === file ? exportsOf() : undefined;
      if (answered === undefined) {
        loadOther(module, filename);
      } else {
        withoutMaps();
        module.exports = answered();
      }
    };
  };
  answer(files.launcher, () => {
    const lines = Object.entries(files).map(
      ([name, file]) => `exports.${name} = () => require(${JSON.stringify(file)});`,
    );
    bundled = load(files.program, {
      entryPoints: undefined,
      stdin: { contents: lines.join("\n"), resolveDir: checkout },
      external: [...APART, ...UNUSED],
    });
    return bundled.launcher;
  });
  answer(files.program, () => bundled?.program);
};
