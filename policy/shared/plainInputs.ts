/**
 * A resource's inputs as a policy is given them, copied; undefined where any of them is not known yet: reading one then
 * throws.
 */
export function plainInputs(
  props: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(JSON.stringify(props)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
