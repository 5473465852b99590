import { expectedAccess } from "../../runner/catalog/access";
import type { Difference } from "../../runner/catalog/compare";
import { definedObjects } from "../../runner/catalog/definedObjects";
import { keyOf } from "../../runner/catalog/kinds/objectId";
import type { VerifyRequest } from "../../runner/drift/verify";
import type { ObjectId } from "../../runner/model";
import { placeOfStatement } from "../../runner/sql/statementFault";

/** A place in the repository. */
export interface Place {
  /** `sql/ad_005/directive.sql` */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

type Sources = Pick<VerifyRequest, "allSteps" | "steps" | "matrices" | "members">;

/**
 * Where the repository says how an object should be: the statement that made it, or the object that it is part of; the
 * access.yaml that grants on it, or has the role. Else a file of the last directive: lock.json, access.yaml, or manifest.yaml
 * for the history.
 */
export function driftPlaces(sources: Sources): (one: Pick<Difference, "object" | "id">) => Place {
  const made = statementPlaces(sources.allSteps ?? sources.steps);
  const granted = accessFiles(sources);
  const last = [...sources.matrices.keys()].at(-1) ?? "";
  const lastAccess = [...granted.values()].at(-1) ?? `sql/${last}/lock.json`;
  return ({ object, id }) => {
    if (id !== undefined) {
      return nearest(made, id) ?? { file: `sql/${last}/lock.json`, line: 1 };
    }
    const file = object.startsWith("history")
      ? `sql/${last}/manifest.yaml`
      : (granted.get(object) ?? lastAccess);
    return { file, line: 1 };
  };
}

/** By object's key, the place of the last statement that made it, gave it its name or took it away. */
function statementPlaces(steps: Sources["steps"]): ReadonlyMap<string, Place> {
  return new Map(
    steps.flatMap(({ directive, file, source, statements }) =>
      statements.flatMap((statement) => {
        const { added = [], renamed = [], removed = [] } = statement.locked ?? {};
        const ids = [...[...added, ...removed].map(({ id }) => id), ...renamed.map(({ to }) => to)];
        const { line } = placeOfStatement(source, statement);
        return ids.map((id) => [keyOf(id), { file: `sql/${directive}/${file}`, line }] as const);
      }),
    ),
  );
}

function nearest(made: ReadonlyMap<string, Place>, id: ObjectId): Place | undefined {
  return made.get(keyOf(id)) ?? (id.of === undefined ? undefined : nearest(made, id.of));
}

/** By key in the snapshot of access, the last access.yaml that says something of it. */
function accessFiles({ matrices, members = {} }: Sources): ReadonlyMap<string, string> {
  return new Map(
    [...matrices].flatMap(([directive, matrix]) =>
      matrix.grants.length + Object.keys(matrix.roles).length === 0
        ? []
        : Object.keys(expectedAccess(matrix, definedObjects([]), members)).map(
            (key) => [key, `sql/${directive}/access.yaml`] as const,
          ),
    ),
  );
}
