/** The tables and views of a plan and their relations, read from the parsed statements. */
export interface Picture {
  readonly tables: readonly PictureTable[];
  readonly relations: readonly Relation[];
}

export interface PictureTable {
  /** `public.v7_migration_workflow` */
  readonly name: string;
  /** `altered`: steps add columns to it. `other`: steps only refer to it. */
  readonly kind: "table" | "view" | "altered" | "other";
  readonly columns: readonly PictureColumn[];
}

export interface PictureColumn {
  readonly name: string;
  /** `varchar(100)[]`; empty where the statement does not name a type, as in a view. */
  readonly type: string;
  readonly marks: readonly Mark[];
}

/** Primary key, foreign key, unique, indexed. */
export type Mark = "PK" | "FK" | "UQ" | "IX";

/** A relation; `from` is the foreign key's table, or the view that reads. */
export interface Relation {
  readonly kind: "foreign key" | "reads";
  readonly from: string;
  readonly to: string;
  readonly fromColumn?: string;
  readonly toColumn?: string;
}
