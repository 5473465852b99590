export {
  DEFAULT_POSTGRES_MAJOR,
  isPostgresMajor,
  POSTGRES_MAJORS,
  type PostgresMajor,
} from "./binaries";
export { startThrowaway, type ThrowawayServer } from "./throwaway";
