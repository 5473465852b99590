/**
 * What `pulumi up` takes of this project, beside what Pulumi itself takes: `npx tsx tests/bench/up.ts [ROUNDS]` (default 5).
 *
 * Pulumi itself is a stack without a resource and a policy pack without a policy, both plain JavaScript, on the same engine
 * and SDK. The two are run in turn, so that what else the machine does is shared; each figure is a median, in seconds.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCheckout, type Checkout } from "../support/checkout";

const UP = ["up", "--yes", "--skip-preview", "--policy-pack"];

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 5);
  const checkout = await makeCheckout();
  try {
    const empty = makeEmpty(checkout);
    const ours = (): void => {
      up(checkout, ["policy", "--stack", "dev"]);
    };
    const theirs = (): void => {
      up(checkout, [join(empty, "pack"), "--cwd", empty]);
    };
    const firstOf = (stack: string): number => {
      check(checkout.pulumi(["stack", "init", stack, "--no-select"]));
      writeFileSync(join(checkout.folder, `Pulumi.${stack}.yaml`), SETTINGS);
      return seconds(() => {
        up(checkout, ["policy", "--stack", stack]);
      });
    };
    check(checkout.npm("start"));
    theirs();
    const noOp = { ours: [] as number[], theirs: [] as number[] };
    const first = [];
    for (let round = 0; round < rounds; round++) {
      noOp.theirs.push(seconds(theirs));
      noOp.ours.push(seconds(ours));
      first.push(firstOf(`first${round}`));
    }
    const base = median(noOp.theirs);
    print("an empty stack, an empty pack", base, base);
    print("this project, nothing to do", median(noOp.ours), base);
    print("this project, the first on a warm machine", median(first), base);
  } finally {
    checkout.remove();
  }
}

const SETTINGS = `config:
  v7:database: embedded
  v7:postgresMajor: "17"
  v7:requireApproval: "false"
`;

/** A project in the checkout, which has the SDK installed. */
function makeEmpty(checkout: Checkout): string {
  const folder = join(checkout.folder, "empty");
  const runtime = "runtime: { name: nodejs, options: { typescript: false } }\n";
  const manifest = (name: string): string => JSON.stringify({ name, version: "1.0.0" });
  const files = {
    "Pulumi.yaml": `name: empty\n${runtime}`,
    "package.json": manifest("empty"),
    "index.js": 'require("@pulumi/pulumi");\n',
    "pack/PulumiPolicy.yaml": runtime,
    "pack/package.json": manifest("empty-pack"),
    "pack/index.js": `new (require("@pulumi/policy").PolicyPack)("empty", { policies: [] });\n`,
  };
  mkdirSync(join(folder, "pack"), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(folder, file), text);
  }
  check(checkout.pulumi(["stack", "init", "empty", "--cwd", folder]));
  return folder;
}

function up(checkout: Checkout, words: readonly string[]): void {
  check(checkout.pulumi([...UP, ...words]));
}

function check({ code, output }: { readonly code: number; readonly output: string }): void {
  if (code !== 0) {
    throw new Error(output);
  }
}

function seconds(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(what: string, time: number, base: number): void {
  process.stdout.write(
    `${what.padEnd(44)}${time.toFixed(2).padStart(6)} s${(time / base).toFixed(2).padStart(7)} x\n`,
  );
}

void main();
