import type { Program } from "../base/programDigest";
import type { Obstacle, Plan, PlanAction } from "../model";
import type { Tone } from "../pages/blocks";
import type { Picture } from "../pages/picture/picture";
import type { Rehearsal } from "../rehearsal/model";

/** Everything that The Architect is shown before signing a plan. The page and the Markdown are two renderings of it. */
export interface Packet {
  readonly plan: Plan;
  readonly digest: string;
  /** As commands name it. */
  readonly planFile: string;
  /** Which program made it; no gate compares it. */
  readonly program: Program;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  /** The directives whose steps these are. */
  readonly directives: readonly PacketDirective[];
  readonly verdict: Headline;
  readonly isProtected: boolean;
  readonly obstacles: readonly PacketObstacle[];
  /** What it does, in at most ten lines. */
  readonly effects: readonly Effect[];
  /** What is another than in the plan that was signed last; absent where the history records none. */
  readonly sinceSigned?: SinceSigned | undefined;
  /** In the order in which they run; those that stand already have their place among them. */
  readonly steps: readonly PacketStep[];
  /** Optional amendments that nobody chose. */
  readonly offered: readonly Pick<PacketStep, "id" | "title" | "reason">[];
  /** What a rollback copies into the archive before it drops it, a line each. */
  readonly archived: readonly string[];
  readonly rehearsal?: Rehearsal | undefined;
  /** Why there is no rehearsal, where it was tried: one line. */
  readonly rehearsalFailure?: string | undefined;
  /** The command that rehearses; absent where a plan of this action cannot be rehearsed. */
  readonly rehearseCommand?: string | undefined;
  readonly access: readonly AccessRow[];
  readonly risks: readonly Risk[];
  readonly findings: readonly PacketFinding[];
  readonly picture: Picture;
}

/** What stands in the way; what may pass by itself is shown, and does not make the plan one that cannot run. */
export type PacketObstacle = Obstacle & { readonly isPassing?: boolean };

/** What to think of the plan, at a glance. */
export interface Headline {
  readonly tone: Exclude<Tone, "quiet">;
  readonly headline: string;
  readonly sentence: string;
}

/** One line of what a plan does: `Removes`, and what. */
export interface Effect {
  readonly label: string;
  readonly text: string;
}

/** The plan that ran last of those that were signed, beside this one. */
export interface SinceSigned {
  /** When it ran: ISO 8601, UTC. */
  readonly at: string;
  readonly planDigest: string;
  readonly action: PlanAction;
  readonly approvers: readonly string[];
  /** What was compared, each with what is another. */
  readonly differences: readonly (readonly [string, string])[];
}

export interface PacketDirective {
  /** `ad_005` */
  readonly name: string;
  /** Its document's first heading. */
  readonly title: string;
  /** The document in docs/; absent where there is none to compare with. */
  readonly document?: {
    readonly path: string;
    readonly statements: number;
    readonly bytes: number;
    /** Of the SQL in the document, whole. */
    readonly sha256: string;
    /** Whether the sections that this repository holds are that SQL, byte for byte. */
    readonly isIdentical: boolean;
  };
}

export interface PacketStep {
  readonly directive: string;
  readonly id: string;
  /** `section`, `amendment`, `population`, `access`, or what the plan calls it. */
  readonly kind: string;
  readonly addsValue?: boolean;
  readonly title: string;
  readonly reason: string;
  readonly file: string;
  /** Of the bytes that run. */
  readonly sha256: string;
  /** Whether this plan runs it, or it stands in the database already. */
  readonly state: "runs" | "applied";
  /** What a reader would not expect of it: that nothing of it runs, and why. */
  readonly note?: string;
  /** Of a step that stands: when it ran, and under which plan. */
  readonly since?: { readonly at: string; readonly planDigest: string };
  readonly statements: readonly PacketStatement[];
}

export interface PacketStatement {
  /** Its first line that is not a comment. */
  readonly firstLine: string;
  readonly sql: string;
  readonly bytes: number;
  /** The same statement in the directive's document; absent where it is not of it. */
  readonly document?: string;
  /** Whether both are the same bytes. */
  readonly isIdentical: boolean;
  /** In the rehearsal. */
  readonly durationMs?: number;
}

/** What one role can do with one object. Without a rehearsal `before` is not known, and `after` is what is granted. */
export interface AccessRow {
  readonly object: string;
  readonly role: string;
  readonly before?: readonly string[];
  readonly after: readonly string[];
  readonly isChanged: boolean;
}

export interface Risk {
  readonly tone: "caution" | "bad";
  readonly text: string;
}

/** Something about the directive's SQL that The Architect should know. */
export interface DirectiveFinding {
  readonly title: string;
  /** `backticks` mark code. */
  readonly text: string;
  /** Ids of the amendments that answer it. */
  readonly amendments: readonly string[];
}

export interface PacketFinding extends DirectiveFinding {
  readonly directive: string;
  /** What becomes of it under this plan. */
  readonly answers: readonly {
    readonly amendment: string;
    readonly state: PacketStep["state"] | "offered";
  }[];
}
