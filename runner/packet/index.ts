import { fault } from "../base/fault";
import { grouped } from "../base/grouped";
import { sha256 } from "../base/sha256";
import { rowsMade } from "../catalog/archive";
import { stepKey } from "../directive/directive";
import type { PlanAction, Step } from "../model";
import { count } from "../pages/blocks";
import { duration } from "../pages/format";
import { stoppingObstacles } from "../plan/stoppingObstacles";
import { formatName } from "../postgres/names";
import { grantedAccess, rehearsedAccess } from "./facts/accessRows";
import { effectsOf } from "./facts/effects";
import { risksOf } from "./facts/risks";
import { sinceSigned } from "./facts/sinceSigned";
import { packetSteps, undoneSteps } from "./facts/steps";
import type {
  Packet,
  PacketDirective,
  PacketFinding,
  PacketInput,
  PacketStep,
  Headline,
} from "./model";
import { pictureOf } from "./picture/picture";

/**
 * Composes what The Architect is shown of a plan before signing it. Reads no file and runs no query.
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
  // The message's other lines are the place in the file, which the steps show.
  const failure = input.rehearsalFailure?.split("\n")[0];
  const steps = packetSteps(input);
  const about = directives.names.map((name) => packetDirective(name, input));
  const chosen = new Set(directives.steps.map(stepKey));
  const { action } = plan;
  const archived =
    action === "rollback" ? archivedBy(rowsMade([...prepared.pending].reverse())) : [];
  // After an apply the matrix's grants are made; for another action only a rehearsal shows the resulting access.
  const granted = action === "apply" ? grantedAccess(directives.access) : [];
  const access = rehearsal === undefined ? granted : rehearsedAccess(rehearsal);
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
    // Findings are about the directive's text, which only these actions bring into the database.
    findings: BRINGING.has(action) ? packetFindings(input, steps) : [],
    picture: pictureOf(drawn(input, steps), trees),
  };
}

/** The actions after which the directive's objects are in the database. */
const BRINGING: ReadonlySet<PlanAction> = new Set(["apply", "adopt"]);

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

/** The most serious verdict that applies, since some readers read nothing else. */
function verdictOf(
  { prepared: { obstacles, plan }, rehearsal, rehearsalFailure, rehearseCommand }: PacketInput,
  directives: readonly PacketDirective[],
): Headline {
  const blocking = stoppingObstacles(obstacles);
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
    const found = plan?.action === "apply" ? "The pre-checks found nothing in the way. " : "";
    const why =
      rehearseCommand === undefined
        ? "A plan of this action cannot be rehearsed."
        : "Nobody has tried it on a copy.";
    return { tone: "caution", headline: "Not rehearsed", sentence: `${found}${why}` };
  }
  const { differences, transactionMs } = rehearsal;
  return differences.length > 0
    ? {
        tone: "bad",
        headline: "Rehearsed, not as expected",
        sentence: `The rehearsal left ${count(differences.length, "difference")} from what the repository expects.`,
      }
    : {
        tone: "good",
        headline: "Rehearsed, as expected",
        sentence: `It ran on a copy in ${duration(transactionMs)} and left what the repository expects.`,
      };
}

/** The steps whose objects are drawn, in the order in which the objects were made. */
function drawn(
  { prepared, directives }: PacketInput,
  steps: readonly PacketStep[],
): readonly Step[] {
  const action = prepared.plan?.action ?? "apply";
  if (action === "rollback") {
    return [...undoneSteps(prepared.pending, steps)].reverse();
  }
  return BRINGING.has(action) ? directives.steps : [];
}

function archivedBy({
  tables,
  columns,
  sequences,
  schemas,
}: ReturnType<typeof rowsMade>): string[] {
  const altered = grouped(columns, ({ table }) => formatName(table));
  return [
    ...tables
      .filter(({ schema }) => !schemas.includes(schema))
      .map((table) => `every row of ${formatName(table)}`),
    ...[...altered].map(
      ([name, added]) =>
        `of ${name} the rows in which one of these columns holds something else than its default: ${added.map(({ column }) => column).join(", ")}`,
    ),
    ...sequences.map(
      (sequence) => `the position of ${formatName(sequence)}, once it has been used`,
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
