import { chmod, mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { checkoutFolder } from "../../runner/base/checkoutFolder";

/** Bundles the stand-in into one executable file for Node 20, without node_modules. Replaces an older file atomically. */
export async function buildStandIn(outFile: string): Promise<void> {
  const unfinished = `${outFile}.${String(process.pid)}.tmp`;
  await mkdir(path.dirname(outFile), { recursive: true });
  await build({
    entryPoints: [path.join(checkoutFolder(), "engine", "standin", "main.ts")],
    outfile: unfinished,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    sourcemap: false,
    legalComments: "none",
    logLevel: "silent",
    banner: { js: "#!/usr/bin/env node" },
    // An optional part of pg that is not installed.
    external: ["pg-native"],
  });
  await chmod(unfinished, 0o755);
  await rename(unfinished, outFile);
}
