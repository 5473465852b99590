import { DatabaseError, type ClientBase } from "pg";
import { visible } from "../base/visible";
import { isAllowedExpression, isAllowedType } from "./allowedExpression";

/** The reason why something is left out without a try; false where it may be tried. */
type Refusal = string | false;

export const NOT_ALLOWED = "an expression that a rehearsal does not run";
export const NO_TYPE = "a type that a rehearsal does not have";

/** A session that rebuilds objects of the target, and notes those that could not be rebuilt. */
export class Rebuilder {
  /** @param omitted a line for each object that could not be rebuilt; all sessions of a rehearsal share the list */
  public constructor(
    public readonly client: ClientBase,
    public readonly omitted: string[],
  ) {}

  /**
   * Runs a statement that rebuilds something.
   *
   * @param what the object's kind and name, for the note; the server's message is left out, as it may quote values
   * @returns whether the object was rebuilt
   */
  public async attempt(what: string, sql: string, refusal: Refusal = false): Promise<boolean> {
    const why = refusal === false ? await this.refusalOf(sql) : refusal;
    if (why === undefined) {
      return true;
    }
    this.omitted.push(`${what}: ${why}`);
    return false;
  }

  /** Whether a statement ran. Nothing is noted where it did not. */
  public async canRun(sql: string): Promise<boolean> {
    return (await this.refusalOf(sql)) === undefined;
  }

  /** {@link attempt} for each. */
  public async attemptEach<T>(
    items: readonly T[],
    statementOf: (item: T) => readonly [what: string, sql: string],
  ): Promise<void> {
    for (const item of items) {
      await this.attempt(...statementOf(item));
    }
  }

  private async refusalOf(sql: string): Promise<string | undefined> {
    try {
      await this.client.query(sql);
      return undefined;
    } catch (error) {
      if (error instanceof DatabaseError) {
        return `SQLSTATE ${error.code ?? "unknown"}`;
      }
      throw error;
    }
  }
}

/** Whether an object with this expression of the target is left out. */
export async function expressionRefusal(text: string): Promise<Refusal> {
  return !(await isAllowedExpression(text)) && NOT_ALLOWED;
}

/** Whether an object with these types is left out. */
export async function typeRefusal(...types: readonly string[]): Promise<Refusal> {
  const allowed = await Promise.all(types.map(isAllowedType));
  return !allowed.every(Boolean) && NO_TYPE;
}

/** A name of the target for messages, `"public.file_audit"`, with invisible characters escaped. */
export function quoted(...parts: readonly string[]): string {
  return visible(JSON.stringify(parts.join(".")));
}

/** {@link quoted} without the quotes. */
export function plain(name: string): string {
  return quoted(name).slice(1, -1);
}
