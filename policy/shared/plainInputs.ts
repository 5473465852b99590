/** A copy of a resource's inputs; undefined where one of them is unknown, because reading it throws. */
export function plainInputs(
  props: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(JSON.stringify(props)) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
