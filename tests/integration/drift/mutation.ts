/** One change that somebody might make by hand. */
export interface Mutation {
  /** What was done, in words. */
  readonly what: string;
  readonly sql: string;
  /** The finding that must name it, as its line begins: `missing: index public.x`. */
  readonly found: string;
  /** The repair needs a superuser, or the change took an attribute that only one may change. Default: the owner repairs. */
  readonly by?: "superuser";
  /** Left to a person, with what is expected in its note: putting it right would take a guess. */
  readonly left?: true;
  /** SQL alone cannot put it right. */
  readonly unrepairable?: true;
  /** What exists from that major on. */
  readonly from?: number;
  /** Part of the fast subset on the other majors. */
  readonly everywhere?: true;
}
