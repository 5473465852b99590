import { DatabaseError, type ClientBase } from "pg";
import { visible } from "../base/visible";
import { isAllowedExpression, isAllowedType } from "./allowedExpression";

/** Why something is left out, no statement being tried; false where it may be tried. */
type Refusal = string | false;

export const NOT_ALLOWED = "an expression that a rehearsal does not run";

/** A session that rebuilds what the target has, and notes what could not be: a rehearsal without one thing is better than none. */
export class Rebuilder {
  /** @param omitted what could not be rebuilt, a line each; all sessions of a rehearsal share it */
  public constructor(
    public readonly client: ClientBase,
    public readonly omitted: string[],
  ) {}

  /**
   * Runs a statement that rebuilds something.
   *
   * @param what the thing, by kind and name: what is noted, and never the server's own words, which may quote values
   * @returns whether it is there
   */
  public async attempt(what: string, sql: string, refusal: Refusal = false): Promise<boolean> {
    const why = refusal === false ? await this.refusalOf(sql) : refusal;
    if (why === undefined) {
      return true;
    }
    this.omitted.push(`${what}: ${why}`);
    return false;
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

/** Whether what holds this expression of the target's is left out. */
export async function expressionRefusal(text: string): Promise<Refusal> {
  return !(await isAllowedExpression(text)) && NOT_ALLOWED;
}

/** Whether what is of one of these types is left out. */
export async function typeRefusal(...types: readonly string[]): Promise<Refusal> {
  const allowed = await Promise.all(types.map(isAllowedType));
  return !allowed.every(Boolean) && "a type that a rehearsal does not have";
}

/** A name of the target's for a line: `"public.file_audit"`, nothing in it that moves a cursor or hides. */
export function quoted(...parts: readonly string[]): string {
  return visible(JSON.stringify(parts.join(".")));
}

/** {@link quoted} without the quotes. */
export function plain(name: string): string {
  return quoted(name).slice(1, -1);
}
