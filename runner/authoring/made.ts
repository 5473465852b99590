import { keyOf } from "../catalog/kinds/objectId";
import type { ObjectId } from "../model";
import type { ObservedStatement } from "./watch";

/** What the steps of a directive made so far, each by which step. */
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

  /** The step that made it, or what it is on. */
  public madeBy(id: ObjectId): string | undefined {
    return this.steps.get(keyOf(id)) ?? (id.of === undefined ? undefined : this.madeBy(id.of));
  }

  /** The step that made the table of that name: `public.v7_enum_migrations`. */
  public tableMadeBy(name: string): string | undefined {
    const [schema = "", table = ""] = name.split(".");
    return this.madeBy({ kind: "table", schema, name: table });
  }
}
