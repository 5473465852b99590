/** One jest project a layer: `jest --selectProjects unit`. docs/contributing.md says what each layer proves. */
const layer = (displayName, extra = {}) => ({
  displayName,
  rootDir: __dirname,
  testMatch: [`<rootDir>/tests/${displayName}/**/*.test.ts`],
  testEnvironment: "node",
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs" },
      },
    ],
  },
  modulePathIgnorePatterns: ["<rootDir>/.v7/"],
  cacheDirectory: "<rootDir>/.v7/jest",
  ...extra,
});

/** The test needs a docker engine and the docker plugin; it is left out unless V7_DOCKER_E2E says that they exist. */
const docker = process.env.V7_DOCKER_E2E === "1" ? [] : ["/tests/e2e/docker\\.test\\.ts$"];

module.exports = {
  testSequencer: "<rootDir>/tests/support/longestFirst.cjs",
  projects: [
    layer("unit"),
    layer("component"),
    layer("policy"),
    layer("integration", { setupFilesAfterEnv: ["<rootDir>/tests/support/timeout.ts"] }),
    layer("e2e", {
      setupFilesAfterEnv: ["<rootDir>/tests/support/longTimeout.ts"],
      testPathIgnorePatterns: ["/node_modules/", ...docker],
    }),
  ],
};
