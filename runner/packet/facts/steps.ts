import { stepKey, type Directives } from "../../directive/directive";
import { BEGUN } from "../../history/begunSteps";
import { HISTORY_STEP_ID, appliedSteps } from "../../history/history";
import type { HistoryRow, PlannedStep, Statement, Step } from "../../model";
import { formatName } from "../../postgres/names";
import { firstLine } from "../../sql/statements";
import type { PacketInput, PacketStatement, PacketStep } from "../model";

type StepsInput = Pick<PacketInput, "prepared" | "documents" | "rehearsal"> & {
  readonly directives: Pick<Directives, "steps">;
};

/**
 * The plan's steps in the order in which they run. An apply also shows the applied steps in their places, so that the
 * directive's text is complete. A step that is in no manifest has the planner's title, and no SQL.
 */
export function packetSteps(input: StepsInput): readonly PacketStep[] {
  const { plan, pending, history } = input.prepared;
  const planned = plan?.steps ?? [];
  if (plan?.action !== "apply") {
    return planned.map((step) => plannedStep(input, step));
  }
  const applied = appliedSteps(history);
  const wanted = new Set(input.directives.steps.map(stepKey));
  const isPending = new Set(pending.map(stepKey));
  return [
    ...input.directives.steps.flatMap((step) => {
      const since = applied.get(stepKey(step));
      if (isPending.has(stepKey(step))) {
        return [{ ...runningStep(input, step), ...recordingNote(step) }];
      }
      return since === undefined ? [] : [appliedStep(input, step, since)];
    }),
    ...planned.filter((step) => !wanted.has(stepKey(step))).map((step) => plannedStep(input, step)),
  ];
}

function plannedStep(input: StepsInput, planned: PlannedStep): PacketStep {
  const { prepared } = input;
  const key = stepKey(planned);
  const step = prepared.pending.find((one) => stepKey(one) === key);
  if (step === undefined) {
    const title = prepared.titles?.get(key) ?? planned.id;
    return { ...planned, title, reason: "", file: "", state: "runs", statements: [] };
  }
  return prepared.plan?.action === "rollback"
    ? takenBackStep(input, step, planned)
    : runningStep(input, step);
}

function runningStep(input: StepsInput, step: Step): PacketStep {
  const { directive, id, kind, addsValue = false, title, reason, file, sha256 } = step;
  const what = { directive, id, kind, addsValue, title, reason, file, sha256 };
  const statements = step.statements.map((statement, index) =>
    packetStatement(statement, index, documentStatement(input, step, statement), input, step),
  );
  return { ...what, state: "runs", statements };
}

/** A note on what an approved run writes besides the step's own statements. */
function recordingNote({ records }: Step): Pick<PacketStep, "note"> {
  return records === undefined
    ? {}
    : {
        note: `The run writes who approved it into the row that this makes in ${formatName(records.table)}.`,
      };
}

function appliedStep(
  input: StepsInput,
  step: Step,
  { recordedAt, planDigest, details }: HistoryRow,
): PacketStep {
  return {
    ...runningStep(input, step),
    state: "applied",
    since: { at: recordedAt.toISOString(), planDigest },
    ...(details["state"] === BEGUN ? { note: UNFINISHED } : {}),
  };
}

/** A step of a rollback: its inverse runs, if it has one. The history's inverse runs only on an unprotected database. */
function takenBackStep(input: StepsInput, step: Step, planned: PlannedStep): PacketStep {
  const stays = input.prepared.isProtected && step.id === HISTORY_STEP_ID;
  const statements = stays ? [] : (step.inverse?.statements ?? []);
  const note = stays ? HISTORY_STAYS : statements.length === 0 ? NO_INVERSE : undefined;
  return {
    ...runningStep(input, step),
    reason: step.kind === "section" ? step.reason : "",
    file: step.inverse?.file ?? "",
    sha256: planned.sha256,
    ...(note === undefined ? {} : { note }),
    statements: statements.map((statement, index) =>
      packetStatement(statement, index, undefined, input, step),
    ),
  };
}

/** The steps of a rollback that are taken back: a step whose inverse does not run keeps its objects. */
export function undoneSteps(
  pending: readonly Step[],
  shown: readonly Pick<PacketStep, "directive" | "id" | "statements">[],
): readonly Step[] {
  const undone = new Set(shown.filter(({ statements }) => statements.length > 0).map(stepKey));
  return pending.filter((step) => undone.has(stepKey(step)));
}

/** The note of a step after its plan's transaction that the history records as begun, and not as finished. */
const UNFINISHED =
  "Approved and begun under that plan, and not finished: the next run finishes it.";
const HISTORY_STAYS =
  "Its inverse does not run: on a protected database the history stays, and records the rollback.";
const NO_INVERSE = "Nothing runs for it: what it did goes with the objects.";

function documentStatement(
  { documents }: StepsInput,
  step: Step,
  { number }: Statement,
): Statement | undefined {
  return step.kind === "section"
    ? documents.find((one) => one.directive === step.directive)?.statements[number - 1]
    : undefined;
}

function packetStatement(
  { bytes }: Statement,
  index: number,
  document: Statement | undefined,
  { rehearsal }: StepsInput,
  { directive, id }: Step,
): PacketStatement {
  const sql = bytes.toString("utf8");
  const rehearsed = rehearsal?.statements.find(
    (one) => one.directive === directive && one.stepId === id && one.number === index + 1,
  );
  return {
    firstLine: firstLine({ bytes }),
    sql,
    bytes: bytes.length,
    ...(document === undefined ? {} : { document: document.bytes.toString("utf8") }),
    isIdentical: document?.bytes.equals(bytes) === true,
    ...(rehearsed === undefined ? {} : { durationMs: rehearsed.durationMs }),
  };
}
