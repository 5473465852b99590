import { canonicalJson } from "../../base/canonicalJson";
import { when } from "../../base/when";
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

/** The section with every digest, and with the plan's bytes, from which anybody can compute its digest. */
export function digestsSection(packet: Packet): Section {
  const { plan, digest, directives, steps, rehearsal } = packet;
  const row = (name: string, value = ""): readonly [string, string] => [name, value];
  const rows = [
    row("the plan", digest),
    ...directives.flatMap(({ name, document }) =>
      when(document !== undefined, row(`${name}, the SQL of its document`, document?.sha256)),
    ),
    ...steps.map(({ directive, id, title, sha256 }) =>
      row(directive === "all" ? title : `${directive}, ${id}`, sha256),
    ),
    ...when(
      !steps.some(({ sha256 }) => sha256 === plan.access),
      row("access matrix and logins", plan.access),
    ),
    row("base: head of the history", plan.base.historyHead ?? "none: there is no history"),
    row("base: fingerprint of the objects that are there", plan.base.fingerprint),
    ...when(
      rehearsal !== undefined,
      row("fingerprint after the rehearsal", rehearsal?.fingerprint),
    ),
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
