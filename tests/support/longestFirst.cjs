/**
 * The order in which jest tests files: the longest first, so that none is left for one worker at the end. jest itself goes
 * by size where it has not measured them, as in a fresh clone: tests/e2e/documents/prod.test.ts, one of the smallest, takes
 * longest. `npm test` ends with the ten slowest.
 */
"use strict";
const { statSync } = require("node:fs");
const { join } = require("node:path");

const LONGEST = [
  "e2e/documents/prod",
  "e2e/laterDirectives",
  "e2e/branchKilled",
  "e2e/documents/dev",
  "e2e/branch",
  "e2e/actWorkflow",
  "e2e/workflows",
  "e2e/branchClone",
  "e2e/clone",
  "integration/runner/concurrency",
  "integration/runner/dataCutOff",
  "integration/drift/mutations",
  "integration/directives/kinds",
  "integration/directives/story",
  "integration/authoring/document",
  "integration/embedded/recovery",
  "integration/embedded/prepared",
  "integration/engine/languageHost",
  "integration/minor/minor",
].map((name) => join(__dirname, "..", `${name}.test.ts`));

// One that was renamed is missed here, not silently tested last.
LONGEST.forEach((file) => statSync(file));

const size = ({ path }) => statSync(path).size;

module.exports = class LongestFirst {
  sort(tests) {
    const place = ({ path }) => LONGEST.indexOf(path);
    const isListed = ({ path }) => LONGEST.includes(path);
    const listed = tests.filter(isListed).sort((one, other) => place(one) - place(other));
    const others = tests.filter((test) => !isListed(test));
    return [...listed, ...others.sort((one, other) => size(other) - size(one))];
  }

  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {
    // The order is the list's, on each machine.
  }
};
