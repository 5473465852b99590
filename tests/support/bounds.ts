import { BOUNDS } from "../../runner/postgres/bounds";

/** Shortens the runner's time limits in this test file, so that tests of timeouts are quick. */
export function shortenBounds(changes: Partial<typeof BOUNDS>): void {
  const before = { ...BOUNDS };
  beforeAll(() => {
    Object.assign(BOUNDS, changes);
  });
  afterAll(() => {
    Object.assign(BOUNDS, before);
  });
}
