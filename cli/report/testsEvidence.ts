import type { PartResult, TestResults } from "../../engine/test/testResults";
import type { Evidence } from "./evidence";

/**
 * Evidence that each layer's tests passed on exactly these sources, and on every version of the server. Without a recorded
 * run the claim is unknown, not refuted.
 */
export function testsEvidence(
  files: readonly TestResults[],
  layers: readonly string[],
  majors: readonly number[],
  sources: string,
): Evidence[] {
  const results = files.flatMap((file) =>
    Object.entries(file).flatMap(([layer, result]) =>
      result.sources === sources ? { layer, ...result } : [],
    ),
  );
  return [
    ...layers.map((layer) =>
      evidenceOf(
        `the layer ${layer} passed its tests, on the sources as they are`,
        layer,
        results.filter((one) => one.layer === layer),
      ),
    ),
    ...majors.map((major) =>
      evidenceOf(
        `the tests that name PostgreSQL ${major} passed on a real server of it`,
        "integration --all-majors",
        results.flatMap(({ servers, endedAt }) => {
          const counts = servers[String(major)];
          return counts === undefined ? [] : { ...counts, endedAt };
        }),
      ),
    ),
  ];
}

function evidenceOf(
  claim: string,
  parts: string,
  runs: readonly Pick<PartResult, "passed" | "failed" | "endedAt">[],
): Evidence {
  if (runs.length === 0) {
    const found = `no result of these sources: run npm test -- ${parts}, or fetch what the workflows ci and nightly kept: gh run download --pattern 'test-results-*' --dir .v7/ci`;
    return { subject: "tests", claim, isSo: "unknown", found: [found] };
  }
  const isSo = runs.every(({ passed, failed }) => passed > 0 && failed === 0);
  const found = runs.map(
    ({ passed, failed, endedAt }) => `${passed} passed, ${failed} failed, ${endedAt}`,
  );
  return { subject: "tests", claim, isSo, found };
}
