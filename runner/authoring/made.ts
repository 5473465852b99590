import { keyOf } from "../catalog/kinds/objectId";
import type { ObjectId } from "../model";
import type { ObservedStatement } from "./watch";

/** The objects that the steps of a directive have made so far, with the step that made each. */
export class Made {
  private readonly steps = new Map<string, string>();

  public add(step: string, statements: readonly Pick<ObservedStatement, "change">[]): void {
    for (const { change } of statements) {
      for (const { id } of change.added) {
        this.steps.set(keyOf(id), step);
      }
      for (const { from, to } of change.renamed) {
        const step = this.steps.get(keyOf(from));
        if (step !== undefined) {
          this.steps.set(keyOf(to), step);
        }
      }
    }
  }

  public has(id: ObjectId): boolean {
    return this.madeBy(id) !== undefined;
  }

  /** The step that made the object, or the object that it is part of. */
  public madeBy(id: ObjectId): string | undefined {
    return this.steps.get(keyOf(id)) ?? (id.of === undefined ? undefined : this.madeBy(id.of));
  }

  /** The step that made the table with that name, `public.v7_enum_migrations`. */
  public tableMadeBy(name: string): string | undefined {
    const [schema = "", table = ""] = name.split(".");
    return this.madeBy({ kind: "table", schema, name: table });
  }
}
