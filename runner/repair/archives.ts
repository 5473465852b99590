import { ARCHIVE_SCHEMA } from "../catalog/archive";
import { entryOf, PHASES, type Repair, type RepairContext } from "./context";

/**
 * Who may do what on the archives and should not, or should and may not: the finding names each, a privilege and an
 * object, as {@link archiveDeviations} writes them. Roles and objects stand there quoted by the server.
 */
export function repairArchives(context: RepairContext, object: string): Repair {
  const live = entryOf(context.live, object) as Readonly<Record<string, readonly string[]>>;
  const deviations = Object.entries(live).flatMap(([role, texts]) =>
    texts.map((text) => ({ role, ...parse(text) })),
  );
  const revokes = deviations
    .filter(({ isMissing }) => !isMissing)
    .map(({ role, privilege, target, isGrantable }) => {
      const cascade = isGrantable ? " CASCADE" : "";
      return `REVOKE ${privilege} ON ${target} FROM ${role}${cascade}`;
    });
  const grants = deviations
    .filter(({ isMissing }) => isMissing)
    .map(({ role, privilege, target }) => `GRANT ${privilege} ON ${target} TO ${role}`);
  return {
    how: revokes.length === 0 ? "additive" : "plan",
    sql: [...new Set([...revokes, ...grants])],
    phase: PHASES.privilege,
  };
}

interface Deviation {
  readonly privilege: string;
  /** `SCHEMA v7_archive`, `TABLE v7_archive.x` */
  readonly target: string;
  readonly isMissing: boolean;
  readonly isGrantable: boolean;
}

function parse(text: string): Deviation {
  const [, no, privilege = "", star, name = ""] = /^(no )?([A-Z]+)(\*)? on (.*)$/s.exec(text) ?? [];
  return {
    privilege,
    target: `${name === ARCHIVE_SCHEMA ? "SCHEMA" : "TABLE"} ${name}`,
    isMissing: no !== undefined,
    isGrantable: star !== undefined,
  };
}
