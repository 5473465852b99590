import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ResourceValidationPolicy } from "@pulumi/policy";

const FOLDER = join(__dirname, "..", "..", "policy");
const FILES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts") && file !== "index.ts")
  .map((file) => file.slice(0, -".ts".length));

/** What index.ts gives to the pack. A real PolicyPack starts a server when it is constructed, so this one only records. */
const packs: { name: string; args: { policies: ResourceValidationPolicy[] } }[] = [];
jest.mock("@pulumi/policy", () => ({
  PolicyPack: function (name: string, args: { policies: ResourceValidationPolicy[] }) {
    packs.push({ name, args });
  },
}));

describe("the policy pack", () => {
  it("has every policy that has a file, and all are mandatory except approval-needed", async () => {
    await import("../../policy");
    const exported = await Promise.all(
      FILES.map(async (file) => {
        const module = (await import(join(FOLDER, file))) as Record<string, unknown>;
        return module[file];
      }),
    );
    expect(packs.map(({ name }) => name)).toEqual(["v7"]);
    expect(packs[0]?.args).toEqual({
      enforcementLevel: "mandatory",
      policies: packs[0]?.args.policies,
    });
    expect(new Set(packs[0]?.args.policies)).toEqual(new Set(exported));
    expect(packs[0]?.args.policies).toHaveLength(FILES.length);
    const others = packs[0]?.args.policies.filter((one) => one.enforcementLevel !== "mandatory");
    expect(others?.map(({ name, enforcementLevel }) => [name, enforcementLevel])).toEqual([
      ["approval-needed", "advisory"],
    ]);
  });

  it("names each policy after its file, and describes it in a sentence", async () => {
    for (const file of FILES) {
      const module = (await import(join(FOLDER, file))) as Record<string, ResourceValidationPolicy>;
      const kebab = file.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(module[file]?.name).toBe(kebab);
      expect(module[file]?.description).toMatch(/^[A-Z].+\.$/);
    }
  });

  it("has a package.json with a version, and Node.js as its runtime", () => {
    const manifest = JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8")) as {
      version?: string;
    };
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(readFileSync(join(FOLDER, "PulumiPolicy.yaml"), "utf8")).toMatch(/^ {2}name: nodejs$/m);
  });
});
