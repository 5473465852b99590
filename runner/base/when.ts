/** These values where the condition holds, else none: for lists with optional parts. */
export function when<T>(condition: boolean, ...values: readonly T[]): readonly T[] {
  return condition ? values : [];
}
