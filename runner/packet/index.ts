import { fault } from "../base/fault";
import type { Program } from "../base/programDigest";
import { sha256 } from "../base/sha256";
import { stepKey, type Directives } from "../directive/directive";
import type { DefinedObjects, PlanAction, Step } from "../model";
import { count } from "../pages/blocks";
import { duration } from "../pages/format";
import type { PreparedPlan } from "../plan/plan";
import { stoppingObstacles } from "../plan/stoppingObstacles";
import { formatName } from "../postgres/names";
import type { Rehearsal } from "../rehearsal/model";
import type { DirectiveDocument } from "./document";
import { grantedAccess, rehearsedAccess } from "./facts/accessRows";
import { effectsOf } from "./facts/effects";
import { grouped } from "./facts/lists";
import { risksOf } from "./facts/risks";
import { sinceSigned } from "./facts/sinceSigned";
import { packetSteps } from "./facts/steps";
import type {
  DirectiveFinding,
  Packet,
  PacketDirective,
  PacketFinding,
  PacketObstacle,
  PacketStep,
  Headline,
} from "./model";
import { pictureOf } from "./picture/picture";
import type { Trees } from "./trees";

export interface PacketInput {
  readonly prepared: PreparedPlan;
  readonly directives: Directives;
  /** From `readTrees`, of every step of the directives. */
  readonly trees: Trees;
  /** From `readDirectiveDocuments`. */
  readonly documents: readonly DirectiveDocument[];
  /** By directive, from `readFindings`. */
  readonly findings: ReadonlyMap<string, readonly DirectiveFinding[]>;
  readonly rehearsal?: Rehearsal | undefined;
  /** Why there is none, where it was tried: a fault's message. */
  readonly rehearsalFailure?: string | undefined;
  /** The command that rehearses, for a packet without a rehearsal; absent where nothing rehearses such a plan. */
  readonly rehearseCommand?: string | undefined;
  /** Where the plan was written, as the commands that sign it name it. */
  readonly planFile: string;
  readonly program: Program;
  readonly madeAt: Date;
}

/**
 * Puts together what The Architect is shown of a plan before signing it. Reads and runs nothing.
 *
 * @throws COMMAND_INVALID where there is no plan: nothing to do needs no signature
 */
export function makePacket(input: PacketInput): Packet {
  const { prepared, directives, trees, rehearsal } = input;
  const { plan, digest } = prepared;
  if (plan === undefined || digest === undefined) {
    throw fault("COMMAND_INVALID", {
      what: "making the packet of a plan",
      found: "a plan with nothing to run",
      remedy: "There is nothing to sign",
    });
  }
  // The rest of the message is the place in the file, which the steps show.
  const failure = input.rehearsalFailure?.split("\n")[0];
  const steps = packetSteps(input);
  const about = directives.names.map((name) => packetDirective(name, input));
  const chosen = new Set(directives.steps.map(stepKey));
  const { action } = plan;
  const archived = action === "rollback" ? archivedBy(prepared.objects) : [];
  const access =
    rehearsal === undefined ? withoutRehearsal(action, directives) : rehearsedAccess(rehearsal);
  return {
    plan,
    digest,
    planFile: input.planFile,
    program: input.program,
    madeAt: input.madeAt.toISOString(),
    directives: about,
    verdict: verdictOf(input, about),
    isProtected: prepared.isProtected,
    obstacles: prepared.obstacles,
    effects: effectsOf({ action, trees, prepared, steps, access, archived, rehearsal }),
    sinceSigned: sinceSigned(plan, prepared.history),
    steps,
    offered: directives.allSteps.filter((step) => action === "apply" && !chosen.has(stepKey(step))),
    archived,
    rehearsal,
    rehearsalFailure: failure,
    rehearseCommand: input.rehearseCommand,
    access,
    risks: risksOf(prepared, rehearsal, failure),
    // They are about the directive's text: other actions do not decide on it.
    findings: BRINGING.has(action) ? packetFindings(input, steps) : [],
    picture: pictureOf(drawn(input, steps), trees),
  };
}

/** After these the directive's objects stand. */
const BRINGING: ReadonlySet<PlanAction> = new Set(["apply", "adopt"]);

/** After an apply the matrix stands; what another action leaves of it only a rehearsal can say. */
function withoutRehearsal(action: string, { access }: Directives): Packet["access"] {
  return action === "apply" ? grantedAccess(access) : [];
}

function packetDirective(name: string, { directives, documents }: PacketInput): PacketDirective {
  const document = documents.find(({ directive }) => directive === name);
  if (document === undefined) {
    return { name, title: name };
  }
  const asked = Buffer.concat(document.statements.map(({ bytes }) => bytes));
  const held = directives.allSteps.filter(
    ({ directive, kind }) => directive === name && kind === "section",
  );
  return {
    name,
    title: document.title,
    document: {
      path: document.path,
      statements: document.statements.length,
      bytes: asked.length,
      sha256: sha256(asked),
      isIdentical: Buffer.concat(held.map(({ bytes }) => bytes)).equals(asked),
    },
  };
}

/** The worst first: a reader who reads nothing else must not be misled. */
function verdictOf(
  { prepared: { obstacles, plan }, rehearsal, rehearsalFailure, rehearseCommand }: PacketInput,
  directives: readonly PacketDirective[],
): Headline {
  const blocking = stoppingObstacles<PacketObstacle>(obstacles);
  if (directives.some(({ document }) => document?.isIdentical === false)) {
    return {
      tone: "bad",
      headline: "Not the directive's text",
      sentence: "What this repository holds differs from the directive's document. Reject it.",
    };
  }
  if (blocking.length > 0) {
    return {
      tone: "bad",
      headline: "Cannot run",
      sentence: `${count(blocking.length, "obstacle")} in the database would stop it before anything runs.`,
    };
  }
  if (plan?.action === "trust") {
    return {
      tone: "caution",
      headline: "Changes who may sign",
      sentence: "It touches no table. From then on the signers that it names decide.",
    };
  }
  if (rehearsal === undefined && rehearsalFailure !== undefined) {
    return {
      tone: "bad",
      headline: "Rehearsal failed",
      sentence: "It was tried on a copy, and did not come to its end: the risks say why.",
    };
  }
  if (rehearsal === undefined) {
    return {
      tone: "caution",
      headline: "Not rehearsed",
      sentence: [
        ...(plan?.action === "apply" ? ["The pre-checks found nothing in the way."] : []),
        rehearseCommand === undefined
          ? "A plan of this action cannot be rehearsed."
          : "Nobody has tried it on a copy.",
      ].join(" "),
    };
  }
  return rehearsal.differences.length > 0
    ? {
        tone: "bad",
        headline: "Rehearsed, not as expected",
        sentence: `The rehearsal left ${count(rehearsal.differences.length, "difference")} from what the repository expects.`,
      }
    : {
        tone: "good",
        headline: "Rehearsed, as expected",
        sentence: `It ran on a copy in ${duration(rehearsal.transactionMs)} and left what the repository expects.`,
      };
}

/** The steps whose objects are drawn: what is brought, or what is taken away, in the order in which it was made. */
function drawn(
  { prepared, directives }: PacketInput,
  steps: readonly PacketStep[],
): readonly Step[] {
  const action = prepared.plan?.action ?? "apply";
  if (action !== "rollback") {
    return BRINGING.has(action) ? directives.steps : [];
  }
  const undone = new Set(
    steps.filter(({ statements }) => statements.length > 0).map((step) => stepKey(step)),
  );
  return prepared.pending.filter((step) => undone.has(stepKey(step))).reverse();
}

function archivedBy({ tables, columns, schemas }: DefinedObjects): string[] {
  const altered = grouped(columns, ({ table }) => formatName(table));
  return [
    ...tables
      .filter(({ schema }) => !schemas.includes(schema))
      .map((table) => `every row of ${formatName(table)}`),
    ...[...altered].map(
      ([name, added]) =>
        `of ${name} the rows in which one of these columns holds something else than its default: ${added.map(({ column }) => column).join(", ")}`,
    ),
  ];
}

function packetFindings(
  { findings, directives }: PacketInput,
  steps: readonly PacketStep[],
): PacketFinding[] {
  return [...findings].flatMap(([directive, list]) =>
    list.map((finding) => ({
      ...finding,
      directive,
      answers: finding.amendments
        .filter((id) =>
          directives.allSteps.some((step) => step.directive === directive && step.id === id),
        )
        .map((amendment) => ({
          amendment,
          state:
            steps.find((step) => step.directive === directive && step.id === amendment)?.state ??
            ("offered" as const),
        })),
    })),
  );
}
