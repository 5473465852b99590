import type { EngineEvent } from "@pulumi/pulumi/automation";
import { listen } from "../../../cli/branch/events";

/** What is told of these events, a line each. */
function told(events: readonly object[]): string[] {
  const lines: string[] = [];
  const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text).trimEnd());
    return true;
  });
  const { onEvent } = listen();
  events.forEach((event) => {
    onEvent(event as EngineEvent);
  });
  write.mockRestore();
  return lines;
}

function diagnostic(severity: string, message: string): object {
  return { diagnosticEvent: { severity, message, color: "raw" } };
}

function step(op: string, type: string): object {
  return { resourcePreEvent: { metadata: { op, type, urn: "" } } };
}

describe("a run, told", () => {
  it("names each kind of resource once, in a user's words, and nothing that stays as it is", () => {
    expect(
      told([
        step("create", "pulumi:pulumi:Stack"),
        step("create", "directive:index:EmbeddedPostgres"),
        step("create", "postgresql:index/role:Role"),
        step("create", "postgresql:index/role:Role"),
        step("same", "directive:index:MigrationRunner"),
        step("delete", "postgresql:index/grant:Grant"),
      ]),
    ).toStrictEqual(["v7: making the server", "v7: making the roles", "v7: removing the grants"]);
  });

  it("shows what resources say, without the marks for colours", () => {
    expect(
      told([
        diagnostic("info", "<{%reset%}>starting PostgreSQL<{%reset%}>\n"),
        diagnostic("info", "\n"),
      ]),
    ).toStrictEqual(["v7:   starting PostgreSQL"]);
  });

  it("never shows the engine's debugging: it holds secrets as they are", () => {
    expect(
      told([diagnostic("debug", "password=YKbj8GaX"), diagnostic("debug", "x")]),
    ).toStrictEqual([]);
  });
});

describe("a run that failed", () => {
  it("names the fault that a resource met, and shows it", () => {
    const { onEvent, failure } = listen();
    onEvent(
      diagnostic(
        "error",
        "<{%reset%}>directive:index:EmbeddedPostgres (database-server): error: EMBEDDED_FAILED: making it: found no room. Make room.\n  see below<{%reset%}>",
      ) as EngineEvent,
    );
    expect(failure("bringing up", "Put it right").message).toBe(
      [
        "BRANCH_FAILED: bringing up: found EMBEDDED_FAILED. Put it right.",
        "  EMBEDDED_FAILED: making it: found no room. Make room.",
        "    see below",
      ].join("\n"),
    );
  });

  it("shows what the engine said where it was no fault of ours", () => {
    const { onEvent, failure } = listen();
    onEvent(diagnostic("error", "update failed") as EngineEvent);
    expect(failure("bringing up", "Put it right").message).toBe(
      "BRANCH_FAILED: bringing up: found a failure of Pulumi. Put it right.\n  update failed",
    );
  });
});
