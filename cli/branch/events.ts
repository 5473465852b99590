import type { EngineEvent } from "@pulumi/pulumi/automation";
import { say } from "../../engine/progress";
import { resourceKind } from "../../engine/resourceKinds";
import { fault, FAULT_CODES, type Fault } from "../../runner/base/fault";

/** What a run does, told to the user a line at a time; and why it failed, where it did. */
export interface RunTelling {
  readonly onEvent: (event: EngineEvent) => void;
  /** The fault of the run that failed, made of what its resources and policies said. */
  readonly failure: (what: string, remedy: string) => Fault;
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
    failure: (what, remedy) => failureOf(errors, what, remedy),
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
