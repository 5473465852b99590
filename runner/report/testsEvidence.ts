import type { Evidence } from "./evidence";

/** What `npm test` recorded of one layer; `engine/testResults.ts` writes it. */
export interface LayerResult {
  readonly passed: number;
  readonly failed: number;
  readonly servers: Readonly<Record<string, { readonly passed: number; readonly failed: number }>>;
  readonly sources: string;
  readonly endedAt: string;
}

/** That each layer's tests passed, on these very sources, and on every version of the server. */
export function testsEvidence(
  results: Readonly<Record<string, LayerResult>>,
  layers: readonly string[],
  majors: readonly number[],
  sources: string,
): Evidence[] {
  const ofLayers = layers.map((layer): Evidence => {
    const result = results[layer];
    const claim = `the layer ${layer} passed its tests, on the sources as they are`;
    if (result === undefined) {
      return notRun(claim, layer);
    }
    const { passed, failed, endedAt } = result;
    const isOfThese = result.sources === sources;
    return {
      subject: "tests",
      claim,
      isSo: isOfThese && passed > 0 && failed === 0,
      found: [
        `${passed} passed, ${failed} failed, ${endedAt}`,
        ...(isOfThese ? [] : [`of other sources: run npm test -- ${layer}`]),
      ],
    };
  });
  return [...ofLayers, ...majors.map((major) => serverEvidence(results, major))];
}

function serverEvidence(results: Readonly<Record<string, LayerResult>>, major: number): Evidence {
  const counts = Object.values(results).flatMap(({ servers }) => servers[String(major)] ?? []);
  const passed = counts.reduce((sum, one) => sum + one.passed, 0);
  const failed = counts.reduce((sum, one) => sum + one.failed, 0);
  const claim = `the tests that name PostgreSQL ${major} passed on a real server of it`;
  return counts.length === 0
    ? notRun(claim, "integration")
    : {
        subject: "tests",
        claim,
        isSo: passed > 0 && failed === 0,
        found: [`${passed} passed, ${failed} failed`],
      };
}

function notRun(claim: string, layer: string): Evidence {
  return {
    subject: "tests",
    claim,
    isSo: false,
    found: [`no result in .v7/test-results.json: run npm test -- ${layer}`],
  };
}
