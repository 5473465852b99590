import { chmod, mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { checkoutFolder } from "../../runner/base/checkoutFolder";

/**
 * Makes the stand-in one executable file that runs wherever there is a Node 20, without node_modules. Whoever runs it
 * meanwhile keeps the old one: the new file takes its place at once.
 */
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
    // pg's optional binding in C, which it does without.
    external: ["pg-native"],
  });
  await chmod(unfinished, 0o755);
  await rename(unfinished, outFile);
}
