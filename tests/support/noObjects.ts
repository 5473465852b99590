import type { DefinedObjects } from "../../runner/model";

/** What steps make that make nothing. */
export const NO_OBJECTS: DefinedObjects = {
  change: { added: [], changed: [], renamed: [], removed: [] },
  schemas: [],
  tables: [],
  views: [],
  columns: [],
  granted: [],
};
