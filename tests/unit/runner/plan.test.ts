import fc from "fast-check";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { sha256 } from "../../../runner/base/sha256";
import type { Plan } from "../../../runner/model";
import { planDigest } from "../../../runner/plan/plan";
import { PLAN } from "../approval/support";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Every path to a value that is not an object or a list: `steps.0.sha256`. */
function leaves(value: Json, path: readonly string[] = []): string[][] {
  return value === null || typeof value !== "object"
    ? [[...path]]
    : Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

/** A copy with the value at that path replaced. */
function withValue(value: Json, [key, ...rest]: readonly string[], next: Json): Json {
  if (key === undefined) {
    return next;
  }
  if (Array.isArray(value)) {
    return value.map((child: Json, index) =>
      String(index) === key ? withValue(child, rest, next) : child,
    );
  }
  const object = value as Record<string, Json>;
  return { ...object, [key]: withValue(object[key] ?? null, rest, next) };
}

/** The same value with every object's keys in another order. */
function reversed(value: Json): Json {
  if (value === null || typeof value !== "object") {
    return value;
  }
  return Array.isArray(value)
    ? value.map(reversed)
    : Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, child]) => [key, reversed(child)]),
      );
}

const asJson = (plan: Plan): Json => plan as unknown as Json;
const asPlan = (json: Json): Plan => json as unknown as Plan;

describe("the digest of a plan", () => {
  it("is the sha256 of the plan's canonical JSON", () => {
    const canonical =
      `{"access":"${"33".repeat(32)}","action":"apply","base":{"fingerprint":"${"44".repeat(32)}","historyHead":null},` +
      `"kind":"v7-plan","manifests":"${"55".repeat(32)}","project":"v7","stack":"prod","steps":[` +
      `{"directive":"ad_005","id":"section_1","kind":"section","sha256":"${"11".repeat(32)}"},` +
      `{"directive":"ad_005","id":"phase_number_unique","kind":"amendment","sha256":"${"22".repeat(32)}"}],` +
      `"target":{"database":"postgres","databaseOid":"16384","host":"db.example.com","port":5432,"systemIdentifier":"7312345"},"version":1}`;
    expect(canonicalJson(PLAN)).toBe(canonical);
    expect(planDigest(PLAN)).toBe(sha256(canonical));
  });

  it("is tested with each of a plan's twenty-two values", () => {
    expect(leaves(asJson(PLAN))).toHaveLength(22);
  });

  it.each(leaves(asJson(PLAN)).map((path) => [path.join("."), path] as const))(
    "changes with %s",
    (_name, path) => {
      fc.assert(
        fc.property(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), (next) => {
          const changed = asPlan(withValue(asJson(PLAN), path, next));
          fc.pre(canonicalJson(changed) !== canonicalJson(PLAN));
          expect(planDigest(changed)).not.toBe(planDigest(PLAN));
        }),
        { numRuns: 25 },
      );
    },
  );

  it("changes if a step is missing, doubled or moved", () => {
    const [first, second] = PLAN.steps;
    const variants = [[], [first], [second, first], [first, second, second]].map((steps) =>
      planDigest({ ...PLAN, steps: steps as Plan["steps"] }),
    );
    expect(new Set([planDigest(PLAN), ...variants]).size).toBe(5);
  });

  it("changes if the number 5432 becomes a text", () => {
    const target = { ...PLAN.target, port: "5432" as unknown as number };
    expect(planDigest({ ...PLAN, target })).not.toBe(planDigest(PLAN));
  });

  it("does not depend on the order of the keys", () => {
    expect(Object.keys(reversed(asJson(PLAN)) as object)[0]).toBe("base");
    expect(planDigest(asPlan(reversed(asJson(PLAN))))).toBe(planDigest(PLAN));
  });
});

describe("canonical JSON", () => {
  it("has the same bytes for the same value, and is read back as that value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = value as Json;
        expect(canonicalJson(reversed(json))).toBe(canonicalJson(json));
        expect(JSON.parse(canonicalJson(json))).toEqual(JSON.parse(JSON.stringify(json)));
      }),
    );
  });

  it("refuses what JSON cannot hold", () => {
    expect(() => canonicalJson(undefined)).toThrow("a value that JSON cannot represent");
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(/NaN/);
  });
});
