import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCheckout, type Checkout } from "../support/checkout";
import { queryRows } from "../support/withClient";

// Needs a docker engine, the docker plugin (or a host to download it from) and the image; runs where V7_DOCKER_E2E=1.
// V7_DOCKER_IMAGE and V7_DOCKER_MAJOR name another image, such as one that was built without a registry.
const IMAGE = process.env["V7_DOCKER_IMAGE"];
const MAJOR = process.env["V7_DOCKER_MAJOR"] ?? "17";
const STACK = `box-${randomBytes(4).toString("hex")}`;

let checkout: Checkout;

beforeAll(async () => {
  checkout = await makeCheckout();
  writeSettings(STACK, [
    "v7:database: docker",
    ...(IMAGE === undefined ? [] : [`v7:dockerImage: ${IMAGE}`]),
  ]);
  writeSettings("dev", ["v7:database: embedded"]);
});

afterAll(() => {
  checkout.pulumi(["destroy", "--yes", "--skip-preview", "--stack", STACK]);
  checkout.remove();
});

function writeSettings(stack: string, lines: readonly string[]): void {
  const common = [`v7:postgresMajor: "${MAJOR}"`, 'v7:requireApproval: "false"'];
  const config = [...lines, ...common].map((line) => `  ${line}`);
  writeFileSync(
    join(checkout.folder, `Pulumi.${stack}.yaml`),
    ["config:", ...config, ""].join("\n"),
  );
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8" }).trim();
}

/** The containers, running or not, or the volumes that are labelled as this stack's. */
function ours(kind: "container" | "volume"): string[] {
  const all = kind === "container" ? ["--all"] : [];
  return docker(kind, "ls", ...all, "--quiet", "--filter", `label=v7.stack=${STACK}`)
    .split("\n")
    .filter((line) => line !== "");
}

function outputs(stack: string): Record<string, unknown> {
  const { output } = checkout.pulumi([
    "stack",
    "output",
    "--json",
    "--show-secrets",
    "--stack",
    stack,
  ]);
  return JSON.parse(output) as Record<string, unknown>;
}

async function query<T extends object>(sql: string): Promise<T[]> {
  return await queryRows<T>(String(outputs(STACK)["databaseUrl"]), sql);
}

/** Asks again and again for a minute; a question that fails is answered with no. */
async function until(question: () => boolean | Promise<boolean>): Promise<void> {
  for (let second = 0; second < 60; second++) {
    if (
      await Promise.resolve()
        .then(question)
        .catch(() => false)
    ) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error("not within a minute");
}

const KEPT = "SELECT file_path FROM public.file_audit WHERE file_path = 'kept'";

// One story, told in order: each part begins where the one before it ended.
describe("a stack in a container", () => {
  it("starts with npm start, in one container and one volume labelled with the stack", () => {
    const { code, output } = checkout.npm("start", ["--stack", STACK]);
    expect(output).toContain("13 steps committed in one transaction");
    expect(code).toBe(0);
    expect(checkout.v7(["status", "--stack", STACK]).output).toMatch(/drift +none/);
    expect([ours("container").length, ours("volume").length]).toEqual([1, 1]);
  });

  it("listens on 127.0.0.1 alone", () => {
    const [container = ""] = ours("container");
    expect(docker("port", container)).toMatch(/^5432\/tcp -> 127\.0\.0\.1:\d+$/);
  });

  it("has a SCRAM verifier instead of a password in its environment", () => {
    const [container = ""] = ours("container");
    const environment = docker("inspect", "--format", "{{json .Config.Env}}", container);
    expect(environment).toMatch(/"POSTGRES_PASSWORD=SCRAM-SHA-256\$/);
  });

  it("has the same schema fingerprint as an embedded server", () => {
    expect(checkout.npm("start").code).toBe(0);
    const [box, dev] = [outputs(STACK), outputs("dev")];
    expect(box["schemaFingerprint"]).toMatch(/^[0-9a-f]{64}$/);
    expect(box["schemaFingerprint"]).toBe(dev["schemaFingerprint"]);
  });

  it("is unchanged by a second npm start", () => {
    const { code, output } = checkout.npm("start", ["--stack", STACK]);
    expect(output).toMatch(/done in .*, \d+ unchanged$/m);
    expect(code).toBe(0);
  });

  it("restarts by itself when its server ends, on the same port and with its data", async () => {
    await query("INSERT INTO public.file_audit (file_path) VALUES ('kept')");
    const [container = ""] = ours("container");
    const restarts = (): string => docker("inspect", "--format", "{{.RestartCount}}", container);
    const port = docker("port", container);
    expect(restarts()).toBe("0");
    // PostgreSQL's immediate shutdown: it recovers as after a crash.
    docker("exec", container, "bash", "-c", "kill -QUIT 1");
    await until(() => restarts() === "1" && docker("port", container) === port);
    await until(() => query(KEPT).then((rows) => rows.length === 1));
  });

  it.each([
    ["killed", "kill"],
    ["removed", "rm --force"],
  ])("is repaired by npm start after its container was %s", async (_what, command) => {
    const [container = ""] = ours("container");
    docker(...command.split(" "), container);
    expect(checkout.npm("start", ["--stack", STACK]).code).toBe(0);
    expect(ours("container")).toHaveLength(1);
    await expect(query(KEPT)).resolves.toEqual([{ file_path: "kept" }]);
  });

  it("leaves no container and no volume when it is destroyed", () => {
    expect(checkout.pulumi(["destroy", "--yes", "--skip-preview", "--stack", STACK]).code).toBe(0);
    expect([ours("container"), ours("volume")]).toEqual([[], []]);
  });
});
