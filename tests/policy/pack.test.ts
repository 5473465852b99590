import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ResourceValidationPolicy } from "@pulumi/policy";

const FOLDER = join(__dirname, "..", "..", "policy");
const FILES = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts") && file !== "index.ts")
  .map((file) => file.slice(0, -".ts".length));

/** What index.ts hands to the pack; a pack serves where it is constructed, so that it must not be here. */
const packs: { name: string; args: { policies: ResourceValidationPolicy[] } }[] = [];
jest.mock("@pulumi/policy", () => ({
  PolicyPack: function (name: string, args: { policies: ResourceValidationPolicy[] }) {
    packs.push({ name, args });
  },
}));

describe("the policy pack", () => {
  it("is one pack with every policy that has a file, each mandatory but the one that explains", async () => {
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

  it("names each policy after its file, and says what it demands", async () => {
    for (const file of FILES) {
      const module = (await import(join(FOLDER, file))) as Record<string, ResourceValidationPolicy>;
      const kebab = file.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      expect(module[file]?.name).toBe(kebab);
      expect(module[file]?.description).toMatch(/^[A-Z].+\.$/);
    }
  });

  it("lies in a folder that has what a pack needs: package.json with a version", () => {
    const manifest = JSON.parse(readFileSync(join(FOLDER, "package.json"), "utf8")) as {
      version?: string;
    };
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(readFileSync(join(FOLDER, "PulumiPolicy.yaml"), "utf8")).toMatch(/^ {2}name: nodejs$/m);
  });
});
