import type { DefinedObjects } from "../../runner/model";

/** The objects of steps that define none. */
export const NO_OBJECTS: DefinedObjects = {
  change: { added: [], changed: [], renamed: [], removed: [] },
  schemas: [],
  tables: [],
  views: [],
  columns: [],
  granted: [],
};
