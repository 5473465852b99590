/**
 * Lets Node.js read this project's TypeScript: `node --require ./engine/typescript.cjs`, or require it first.
 *
 * A `.ts` file that is required is bundled with all that it imports, once for each state of the sources, and the bundle is
 * kept in .v7/build with what V8 compiled of it. What runs is always what stands in the checkout, and a start costs
 * milliseconds where compiling file by file (ts-node, tsx) costs half a second of each of the processes that a run consists
 * of. In a bundle `__dirname` is the entry's: our code asks `checkoutFolder()` instead.
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
const { constants, Script } = require("node:vm");

const checkout = join(__dirname, "..");
const folders = ["components", "runner", "policy", "cli", "engine"];
const build = join(checkout, ".v7", "build");
const HOUR_MILLISECONDS = 3_600_000;
/** After a start: what the process will have called by then is compiled. Some are killed rather than ended. */
const COMPILED_MILLISECONDS = 1_500;
/**
 * Packages that are loaded as they are: libpg-query reads a file beside itself, and esbuild starts a program beside
 * itself; pg-native is pg's own option, which we do not take; docker's is large, and loaded where it is used.
 */
const APART = ["esbuild", "libpg-query", "pg-native", "@pulumi/docker"];
/**
 * What Pulumi's SDK and its launchers load at each start to compile programs, to turn functions into text for dynamic
 * providers, and to listen to V8 for that. Our programs are compiled already, and have no such providers.
 */
const UNUSED = ["typescript", "ts-node", "@npmcli/arborist", "*/closure/v8Hooks"];
/** In their place: what is called of them, which does nothing. */
const NOTHING = { register() {}, isInitializedAsync: () => Promise.resolve() };
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

/**
 * The exports of an entry and all that it imports, as one file.
 *
 * @param entry the entry's file, by which the bundle is named and its stacks are told
 * @param options what esbuild is told besides; the same for an entry at each time
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
        // What is loaded late is required late: Node.js warns of import() in what `run` compiles.
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

/** Runs a bundle, by what V8 compiled of it before where that is there and of this Node.js. */
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
 * Pulumi's launcher has every stack rewritten by source maps, and the SDK takes a stack with each promise: a fifth of a
 * run's time. Our bundles have no maps.
 */
function withoutMaps() {
  Error.prepareStackTrace = undefined;
}

/** Makes a file under another name first: of several processes at once each finds a whole one, or none. */
function replace(file, make) {
  const unfinished = `${file}.${process.pid}`;
  make(unfinished);
  renameSync(unfinished, file);
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
  withoutMaps();
  // Of the SDK there must be one in a process, whoever loaded it.
  module.exports = load(filename, { external: [...APART, "@pulumi/*"] });
};

/** Runs an entry that is a program of its own. */
exports.runBundled = (entry) => load(entry, { external: APART });

/**
 * Has one of Pulumi's launchers and the program that it will start come from one bundle, with the SDK: the launcher loads
 * some hundred files otherwise. For what Node.js loads before the launcher. Where the launcher comes from elsewhere, the
 * program is loaded as any other file, and takes the SDK that is there.
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
