import { canonicalJson } from "../../base/canonicalJson";
import {
  code,
  count,
  fold,
  line,
  long,
  source,
  table,
  text,
  type Section,
} from "../../pages/blocks";
import type { Packet } from "../model";

/** Every digest, and the plan's own bytes to compute the first of them again. */
export function digestsSection(packet: Packet): Section {
  const { plan, digest, directives, steps, rehearsal } = packet;
  const rows: (readonly [string, string])[] = [
    ["the plan", digest],
    ...directives.flatMap(({ name, document }) =>
      document === undefined
        ? []
        : [[`${name}, the SQL of its document`, document.sha256] as const],
    ),
    ...steps.map(
      (step) =>
        [
          step.directive === "all" ? step.title : `${step.directive}, ${step.id}`,
          step.sha256,
        ] as const,
    ),
    ...(steps.some(({ sha256 }) => sha256 === plan.access)
      ? []
      : [["access matrix and logins", plan.access] as const]),
    ["base: head of the history", plan.base.historyHead ?? "none: there is no history"],
    ["base: fingerprint of the objects that are there", plan.base.fingerprint],
    ...(rehearsal === undefined
      ? []
      : [["fingerprint after the rehearsal", rehearsal.fingerprint] as const]),
  ];
  return {
    id: "digests",
    title: "Digests",
    blocks: [
      text(
        "All are sha256. The plan's covers the others: one byte more or less anywhere, another target, other rows in the history, and it is another plan.",
      ),
      fold(
        count(rows.length, "digest"),
        table(
          ["Of", long("sha256")],
          rows.map(([name, value]) => [name, code(value)]),
        ),
      ),
      text(
        line`Not covered, for information: the program that made this plan, version ${packet.program.version}, sources and package-lock.json ${code(packet.program.sha256)}. A checkout of the same commit has the same.`,
      ),
      fold(
        "The plan's bytes",
        text(
          "Canonical JSON (RFC 8785). The sha256 of these bytes, without a line end, is the plan's digest.",
        ),
        source("json", canonicalJson(plan)),
      ),
    ],
  };
}
