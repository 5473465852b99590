import type { EngineEvent } from "@pulumi/pulumi/automation";
import { say } from "../../engine/progress";
import { resourceKind } from "../../engine/resourceKinds";
import { fault, FAULT_CODES, messageOf, type Fault } from "../../runner/base/fault";
import type { Pulumi } from "./pulumi";

/** What a run does, told to the user a line at a time; and why it failed, where it did. */
export interface RunTelling {
  readonly onEvent: (event: EngineEvent) => void;
  /** The fault of the run that failed, made of what its resources and policies said; else of what Pulumi did. */
  readonly failure: (what: string, remedy: string, otherwise?: string) => Fault;
}

/**
 * A run of Pulumi's that changes a stack, told to the user as it goes.
 *
 * @param failure what is done, and what the user does where it fails
 * @returns how many resources were changed, by what was done to them
 * @throws BRANCH_FAILED with what its resources and policies said
 */
export async function follow(
  pulumi: Pulumi,
  words: readonly string[],
  failure: { readonly what: string; readonly remedy: string },
): Promise<Readonly<Record<string, number>>> {
  const telling = listen();
  let changes: Readonly<Record<string, number>> = {};
  try {
    await pulumi([...words, "--yes", "--skip-preview", "--json"], (line) => {
      if (line.startsWith("{")) {
        const event = JSON.parse(line) as EngineEvent;
        changes = event.summaryEvent?.resourceChanges ?? changes;
        telling.onEvent(event);
      }
    });
    return changes;
  } catch (error) {
    throw telling.failure(failure.what, failure.remedy, messageOf(error));
  }
}

const WORKING = new Set(["create", "update", "delete", "replace", "create-replacement"]);
/** Not `debug`, which the engine sends too, with every input as it is: secrets in plain text. */
const SHOWN: ReadonlySet<string> = new Set(["info", "info#err", "warning"]);
// eslint-disable-next-line no-restricted-syntax -- made of our own codes
const CODE = new RegExp(`(?:${Object.keys(FAULT_CODES).join("|")}): [^]*`);

/** Listens to one run of the engine. */
export function listen(): RunTelling {
  const errors: string[] = [];
  let lastKind = "";
  return {
    onEvent: ({ resourcePreEvent, diagnosticEvent }) => {
      const { metadata } = resourcePreEvent ?? {};
      const kind =
        metadata !== undefined && WORKING.has(metadata.op) ? resourceKind(metadata.type) : "";
      if (kind !== "" && kind !== lastKind) {
        lastKind = kind;
        say(`${metadata?.op === "delete" ? "removing" : "making"} ${kind}`);
      }
      if (diagnosticEvent !== undefined) {
        const text = plain(diagnosticEvent.message);
        if (diagnosticEvent.severity === "error") {
          errors.push(text);
        } else if (SHOWN.has(diagnosticEvent.severity) && text !== "") {
          say(`  ${text.replaceAll("\n", "\n  ")}`);
        }
      }
    },
    failure: (what, remedy, otherwise = "") =>
      failureOf(errors.length === 0 ? [otherwise] : errors, what, remedy),
  };
}

/** The engine's messages carry marks for colours: `<{%reset%}>`. */
function plain(message: string): string {
  return message.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
}

function failureOf(errors: readonly string[], what: string, remedy: string): Fault {
  const [own] = errors.map((text) => CODE.exec(text)?.[0]).filter((text) => text !== undefined);
  const lines = (own ?? errors.join("\n")).split("\n").filter((line) => line.trim() !== "");
  return fault("BRANCH_FAILED", {
    what,
    found: own === undefined ? "a failure of Pulumi" : (own.split(":")[0] ?? ""),
    remedy,
    detail: lines.map((line) => `  ${line}`),
  });
}
