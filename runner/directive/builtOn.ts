import { digestOf } from "../base/canonicalJson";
import { fault } from "../base/fault";
import { sha256 } from "../base/sha256";
import type { Step } from "../model";
import type { Manifest } from "./manifest";

type Stepped = Pick<Manifest, "directive" | "amendments" | "steps">;

/**
 * The optional amendments on which directives build: those run on every stack, without being named in the settings.
 *
 * @param manifests in the directives' order
 * @throws MANIFEST_INVALID where a directive names something else than an optional amendment of an earlier one
 */
export function amendmentsBuiltOn(manifests: readonly Stepped[]): readonly string[] {
  return manifests.flatMap(({ directive, amendments }, index) => {
    const before = manifests.slice(0, index).flatMap(({ steps }) => steps);
    const optional = before.filter(({ required }) => !required).map(({ id }) => id);
    const unknown = amendments.filter((id) => !optional.includes(id));
    if (unknown.length > 0) {
      throw fault("MANIFEST_INVALID", {
        what: `reading \`amendments\` of "sql/${directive}/manifest.yaml"`,
        found: unknown.map((id) => `"${id}"`).join(", "),
        expected:
          optional.length === 0
            ? "none: the earlier directives have no optional ones"
            : `any of ${optional.join(", ")}`,
        remedy: "Name optional amendments of earlier directives, which this one builds on",
      });
    }
    return amendments;
  });
}

/** The steps that are sure to have run before a directive: the earlier ones' without the amendments on which none builds. */
export function stepsBefore(
  earlier: readonly Stepped[],
  manifest: Stepped,
): ReadonlyMap<string, readonly Step[]> {
  const builtOn = amendmentsBuiltOn([...earlier, manifest]);
  return new Map(
    earlier.map(({ directive, steps }) => [
      directive,
      steps.filter(({ id, required }) => required || builtOn.includes(id)),
    ]),
  );
}

/** By directive, the digest of the files of {@link stepsBefore}: a lock holds after these alone. */
export function lockedAfter(
  earlier: readonly Stepped[],
  manifest: Stepped,
): Readonly<Record<string, string>> {
  const before = [...stepsBefore(earlier, manifest)];
  return Object.fromEntries(before.map(([name, steps]) => [name, digestOf(filesOf({ steps }))]));
}

/** The sha256 of each file of SQL that the steps name. */
export function filesOf({ steps }: Pick<Manifest, "steps">): Readonly<Record<string, string>> {
  return Object.fromEntries(
    steps
      .flatMap(({ file, source, inverse }) => [{ file, source }, ...(inverse ? [inverse] : [])])
      .map(({ file, source }) => [file, sha256(Buffer.from(source, "utf8"))]),
  );
}
