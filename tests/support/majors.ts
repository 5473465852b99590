import { POSTGRES_MAJORS, type PostgresMajor } from "../../runner/postgres/majors";

/** The majors that a test runs on: the oldest and the newest, or all of them by `npm test -- --all-majors`. */
export const MAJORS: readonly PostgresMajor[] =
  process.env["V7_ALL_MAJORS"] === "1" ? POSTGRES_MAJORS : [15, 18];
