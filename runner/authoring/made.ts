import { keyOf } from "../catalog/kinds/objectId";
import type { ObjectId } from "../model";
import { formatName } from "../postgres/names";
import type { ObservedStatement } from "./watch";

/** The objects that the steps of a directive have made so far, with the step that made each. */
export class Made {
  private readonly steps = new Map<string, string>();
  /** By name as the server's counts have it; a name alone does not tell where its schema's ends. */
  private readonly tables = new Map<string, ObjectId>();

  public add(step: string, statements: readonly Pick<ObservedStatement, "change">[]): void {
    for (const { change } of statements) {
      for (const { id } of change.added) {
        this.set(id, step);
      }
      for (const { from, to } of change.renamed) {
        const step = this.steps.get(keyOf(from));
        if (step !== undefined) {
          this.set(to, step);
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
    const table = this.tables.get(name);
    return table && this.madeBy(table);
  }

  private set(id: ObjectId, step: string): void {
    this.steps.set(keyOf(id), step);
    if (id.kind === "table") {
      this.tables.set(formatName({ schema: id.schema ?? "", name: id.name }), id);
    }
  }
}
