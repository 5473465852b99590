import type { FaultParts } from "../base/fault";
import { lastLogLines, type Container } from "./docker";

/** Why a container's server does not answer, as the parts of a fault. */
export type Diagnosis = Required<Pick<FaultParts, "found" | "remedy" | "detail">>;

/** Asks Docker why the container's server does not answer. */
export async function diagnose(container: Container): Promise<Diagnosis> {
  return diagnosisOf(container, await lastLogLines(container.name));
}

/** Explains the container's status and its last lines, and says what to do. */
export function diagnosisOf(container: Container, lines: readonly string[]): Diagnosis {
  const { name, status, exitCode, restarts } = container;
  const code = ["exited", "restarting", "dead"].includes(status) ? ` (exit code ${exitCode})` : "";
  const again = restarts === 0 ? "" : `, started again ${restarts} times`;
  return {
    found: `the container "${name}" ${status}${code}${again}`,
    remedy: remedyFor(container, lines),
    detail:
      lines.length === 0
        ? []
        : [`  The last lines of docker logs ${name}:`, ...lines.map((line) => `    ${line}`)],
  };
}

/** PostgreSQL's message for data of another major version. */
const OTHER_MAJOR = /initialized by PostgreSQL version (\d+),? which is not compatible/;

function remedyFor(container: Container, lines: readonly string[]): string {
  const { name, stack, status, restarts } = container;
  const [, major] = OTHER_MAJOR.exec(lines.join("\n")) ?? [];
  if (major !== undefined) {
    return (
      `Its volume has the data of PostgreSQL ${major}: set v7:postgresMajor back to ${major}; ` +
      "another major version takes a stack that was destroyed first"
    );
  }
  if (status === "paused") {
    return `Run docker unpause ${name}`;
  }
  if (status !== "running" && status !== "restarting" && restarts === 0) {
    return `Run npm start -- --stack ${stack}: it makes another container on the same volume`;
  }
  return `Put right what its last lines say. ${beginEmpty(container)}`;
}

/** The remedy for a volume whose first start was interrupted. */
export function beginEmpty({ stack }: Container): string {
  return (
    "A first start that was interrupted is not repeated: run " +
    `pulumi up --stack ${stack} --replace '**::database-server-volume', which begins with an empty volume`
  );
}
