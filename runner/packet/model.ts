import type { Program } from "../base/programDigest";
import type { Directives } from "../directive/directive";
import type { Obstacle, Plan, PlanAction, Step } from "../model";
import type { Tone } from "../pages/blocks";
import type { Picture } from "../pages/picture/picture";
import type { PreparedPlan } from "../plan/plan";
import type { Rehearsal } from "../rehearsal/model";
import type { DirectiveDocument } from "./document";
import type { Trees } from "./trees";

/** What a packet is made of. */
export interface PacketInput {
  readonly prepared: PreparedPlan;
  readonly directives: Directives;
  /** From `readTrees`, for every step of the directives. */
  readonly trees: Trees;
  /** From `readDirectiveDocuments`. */
  readonly documents: readonly DirectiveDocument[];
  /** By directive, from `readFindings`. */
  readonly findings: ReadonlyMap<string, readonly DirectiveFinding[]>;
  readonly rehearsal?: Rehearsal | undefined;
  /** The message of the fault with which a rehearsal failed. */
  readonly rehearsalFailure?: string | undefined;
  /** The command that rehearses, for a packet without a rehearsal; absent where such a plan cannot be rehearsed. */
  readonly rehearseCommand?: string | undefined;
  /** The plan file's path, as the commands that sign the plan name it. */
  readonly planFile: string;
  /** The program that makes the packet, for information. */
  readonly program: Program;
  readonly madeAt: Date;
}

/** Everything that The Architect is shown before signing a plan. It is rendered as an HTML page and as Markdown. */
export interface Packet extends Pick<
  PacketInput,
  "planFile" | "program" | "rehearsal" | "rehearseCommand"
> {
  readonly plan: Plan;
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  /** The directives that the steps belong to. */
  readonly directives: readonly PacketDirective[];
  readonly verdict: Headline;
  readonly isProtected: boolean;
  readonly obstacles: readonly Obstacle[];
  /** What the plan does, in at most ten lines. */
  readonly effects: readonly Effect[];
  /** How the plan differs from the last signed plan that ran; absent where the history records none. */
  readonly sinceSigned?: SinceSigned | undefined;
  /** In the order in which they run; an apply also has the applied steps, in their places. */
  readonly steps: readonly PacketStep[];
  /** Optional amendments that were not chosen. */
  readonly offered: readonly Pick<PacketStep, "id" | "title" | "reason">[];
  /** What a rollback archives before dropping it, a line each. */
  readonly archived: readonly string[];
  /** Why the rehearsal failed, in one line. */
  readonly rehearsalFailure?: string | undefined;
  readonly access: readonly AccessRow[];
  readonly risks: readonly Risk[];
  readonly findings: readonly PacketFinding[];
  readonly picture: Picture;
}

/** The verdict on the plan, in a few words. */
export interface Headline {
  readonly tone: Exclude<Tone, "quiet">;
  readonly headline: string;
  readonly sentence: string;
}

/** One line of what a plan does, such as `Removes` with a list of objects. */
export interface Effect {
  readonly label: string;
  readonly text: string;
}

/** The last signed plan that ran, and how this plan differs from it. */
export interface SinceSigned {
  /** When it ran: ISO 8601, UTC. */
  readonly at: string;
  readonly planDigest: string;
  readonly action: PlanAction;
  readonly approvers: readonly string[];
  /** Each thing that was compared, with how it differs. */
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
    /** The digest of all SQL in the document. */
    readonly sha256: string;
    /** Whether the repository's sections are that SQL, byte for byte. */
    readonly isIdentical: boolean;
  };
}

export interface PacketStep extends Pick<
  Step,
  "directive" | "id" | "addsValue" | "title" | "reason" | "file"
> {
  /** `section`, `amendment`, `population`, `access`, or what the plan calls it. */
  readonly kind: string;
  /** The digest of the bytes that run. */
  readonly sha256: string;
  /** Whether this plan runs it, or it has been applied before. */
  readonly state: "runs" | "applied";
  /** Something that a reader would not expect: why nothing runs, for example. */
  readonly note?: string;
  /** For an applied step: when it ran, and under which plan. */
  readonly since?: { readonly at: string; readonly planDigest: string };
  readonly statements: readonly PacketStatement[];
}

export interface PacketStatement {
  /** Its first line that is not a comment. */
  readonly firstLine: string;
  readonly sql: string;
  readonly bytes: number;
  /** The same statement in the directive's document; absent where the document does not have it. */
  readonly document?: string;
  /** Whether both have the same bytes. */
  readonly isIdentical: boolean;
  /** How long it took in the rehearsal. */
  readonly durationMs?: number;
}

/** What one role can do with one object. Without a rehearsal there is no `before`, and `after` is what the matrix grants. */
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
  /** The amendments that answer it, and whether this plan runs them. */
  readonly answers: readonly {
    readonly amendment: string;
    readonly state: PacketStep["state"] | "offered";
  }[];
}
