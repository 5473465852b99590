import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CHECKOUT } from "../../../engine/paths";

/**
 * A Go that is new enough, takes $FAKE_GO_SECONDS, and "builds" a Pulumi which can tell its version and install a plugin: what
 * is tested here is who builds, when and into which folder, and not Go. Each build adds a line to $FAKE_GO_LOG.
 */
const FAKE_GO = `#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.26.8 fake"; exit; fi
for argument; do [ "$previous" = -o ] && output="$argument"; previous="$argument"; done
echo "$argument" >> "$FAKE_GO_LOG"
sleep "\${FAKE_GO_SECONDS:-0}"
cat > "$output" <<'END'
#!/bin/sh
case "$1" in
  version) echo v3.259.0 ;;
  plugin)
    for file; do :; done
    folder="$PULUMI_HOME/plugins/resource-$4-$5"
    mkdir -p "$folder" && cp "$file" "$folder/pulumi-resource-$4" ;;
esac
END
chmod +x "$output"
`;

const PARTS =
  "cli components engine policy runner index.ts package.json package-lock.json tsconfig.json";

/** Builds take so long that another run can begin or a kill can come in the middle. */
export const SLOW = { FAKE_GO_SECONDS: "1" };

/** The result of a run of prepareEngine in another process. */
export interface Prepared {
  readonly code: number | null;
  readonly bin: string;
  readonly errors: string;
}

/** A folder with a fake Go, a cache and clones of this checkout: its name has a space. */
export class Workbench {
  public readonly folder = mkdtempSync(join(tmpdir(), "v7 engine "));
  public readonly cache = join(this.folder, "cache");
  private readonly log = join(this.folder, "go.log");

  public constructor() {
    const go = join(this.folder, "bin", "go");
    mkdirSync(dirname(go), { recursive: true });
    writeFileSync(go, FAKE_GO);
    chmodSync(go, 0o755);
  }

  /** What was built so far, in order. */
  public builds(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, "utf8").trim().split("\n") : [];
  }

  /** A clone: the sources that prepareEngine and the stand-in read, and this checkout's node_modules. */
  public clone(name: string): string {
    const clone = join(this.folder, name);
    mkdirSync(clone);
    for (const part of PARTS.split(" ")) {
      cpSync(join(CHECKOUT, part), join(clone, part), { recursive: true });
    }
    mkdirSync(join(clone, ".v7", "tmp"), { recursive: true });
    symlinkSync(join(CHECKOUT, "node_modules"), join(clone, "node_modules"));
    return clone;
  }

  /** Starts prepareEngine in that clone. */
  public start(clone: string, more: Readonly<Record<string, string>> = {}): ChildProcess {
    const script = [
      'require("tsx/cjs/api").register();',
      `require(${JSON.stringify(join(clone, "engine", "prepare.ts"))}).prepareEngine()`,
      "  .then((engine) => console.log(engine.bin), (error) => { console.error(error.message); process.exitCode = 1; });",
    ].join("\n");
    return spawn(process.execPath, ["-e", script], {
      cwd: clone,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: `${join(this.folder, "bin")}:${dirname(process.execPath)}:/usr/bin:/bin`,
        HOME: join(this.folder, "home"),
        TMPDIR: join(clone, ".v7", "tmp"),
        V7_CACHE: this.cache,
        FAKE_GO_LOG: this.log,
        // A port where nobody listens: no download host is reached through it.
        HTTPS_PROXY: "http://127.0.0.1:1",
        ...more,
      },
    });
  }

  /** Runs prepareEngine in that clone to its end. */
  public prepare(clone: string, more: Readonly<Record<string, string>> = {}): Promise<Prepared> {
    return ended(this.start(clone, more));
  }
}

/** The result of a started prepareEngine. */
function ended(child: ChildProcess): Promise<Prepared> {
  let bin = "";
  let errors = "";
  child.stdout?.on("data", (text) => (bin += String(text)));
  child.stderr?.on("data", (text) => (errors += String(text)));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      resolve({ code, bin: bin.trim(), errors });
    });
  });
}
