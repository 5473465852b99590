import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePacket } from "../../../cli/plan/packet";
import { describeRehearsed, rehearsePlan } from "../../../cli/plan/planRehearsal";
import { canonicalJson } from "../../../runner/base/canonicalJson";
import { describePreparedPlan } from "../../../runner/plan/planText";
import { describeRehearsal } from "../../../runner/rehearsal/rehearsalText";
import { applyRequest, planned } from "../../support/directive";
import type { TestDatabase } from "../../support/postgres";

/** The content of the private file, which must appear nowhere else. */
export const SECRET = "thedeployerssecret";

/** A file that every process on this machine may read: only what a rehearsal's server runs decides whether it is read. */
export function privateFile(): { readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "v7-private-"));
  const path = join(folder, "private");
  writeFileSync(path, SECRET, { mode: 0o644 });
  // mkdtemp makes a folder that only its owner can enter.
  chmodSync(folder, 0o755);
  return {
    path,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Planned {
  /** Everything that `v7 plan` and `v7 rehearse` write and print. */
  readonly texts: string;
  readonly failure: string | undefined;
  readonly omitted: readonly string[];
  readonly differences: readonly string[];
  readonly seconds: number;
}

/** Plans and rehearses as `v7 plan` does, with the packet, and keeps every text that results. */
export async function planAndRehearse(database: TestDatabase): Promise<Planned> {
  const request = await applyRequest(database);
  const prepared = await planned(request);
  const folder = mkdtempSync(join(tmpdir(), "v7-plan-"));
  const printed: string[] = [];
  const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  const start = Date.now();
  try {
    const rehearsed = await rehearsePlan(request, { action: "apply", rehearsal: true });
    const seconds = (Date.now() - start) / 1000;
    const { html, markdown } = await writePacket(join(folder, "plan.json"), {
      prepared,
      directives: request,
      stack: "test",
      rehearsal: rehearsed.rehearsal,
      rehearsalFailure: rehearsed.failure,
    });
    const { rehearsal, failure } = rehearsed;
    printed.push(
      canonicalJson(prepared.plan),
      readFileSync(html, "utf8"),
      readFileSync(markdown, "utf8"),
      describePreparedPlan(prepared),
      describeRehearsed(rehearsed),
      ...(rehearsal === undefined ? [] : [describeRehearsal(rehearsal), JSON.stringify(rehearsal)]),
    );
    return {
      texts: printed.join("\n"),
      failure,
      omitted: rehearsal?.omitted ?? [],
      differences: rehearsal?.differences ?? [],
      seconds,
    };
  } finally {
    write.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
}
