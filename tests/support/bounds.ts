import { BOUNDS } from "../../runner/postgres/bounds";

/** Shortens the runner's bounds in this test file, so that what never comes is not waited for long. */
export function shortenBounds(changes: Partial<typeof BOUNDS>): void {
  const before = { ...BOUNDS };
  beforeAll(() => {
    Object.assign(BOUNDS, changes);
  });
  afterAll(() => {
    Object.assign(BOUNDS, before);
  });
}
