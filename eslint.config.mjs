import eslint from "@eslint/js";
import importX from "eslint-plugin-import-x";
import jest from "eslint-plugin-jest";
import tseslint from "typescript-eslint";

/**
 * Bottom to top: each imports only from those before it. docs/architecture.md says what each holds, in this order; a test
 * compares the two.
 */
const FOLDERS = [
  "runner/model.ts",
  "runner/base",
  "runner/pages",
  "runner/container",
  "runner/postgres",
  "runner/sql",
  "runner/directive",
  "runner/settings",
  "runner/history",
  "runner/catalog",
  "runner/plan",
  "runner/approval",
  "runner/execute",
  "runner/embedded",
  "runner/rehearsal",
  "runner/authoring",
  "runner/repair",
  "runner/drift",
  "runner/actions",
  "runner/data",
  "runner/clone",
  "runner/requests",
  "runner/packet",
  "runner/plugin",
  "engine",
  "components",
  "policy",
  "index.ts",
  "cli",
  "tests",
];

/** Further forbidden imports, of code that runs in other processes. */
const APART = {
  components: ["runner/plugin", "engine"],
  policy: ["runner/plugin", "engine", "components"],
  "index.ts": ["runner/plugin", "engine", "policy"],
  cli: ["components", "policy", "index.ts"],
};

const zones = FOLDERS.flatMap((target, position) =>
  [...FOLDERS.slice(position + 1), ...(APART[target] ?? [])].map((from) => ({
    target: `./${target}`,
    from: `./${from}`,
    message: `${target} may not import from ${from}: eslint.config.mjs has the order.`,
  })),
);

export default tseslint.config(
  { ignores: ["node_modules", ".v7", "coverage", "engine/go"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver": { typescript: true, node: true },
      // Without these two, no-cycle does not parse imported `.ts` files and finds no cycle.
      "import-x/extensions": [".ts", ".js", ".cjs", ".mjs"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
    },
    rules: {
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones }],
      "import-x/no-cycle": "error",
      "import-x/order": ["error", { alphabetize: { order: "asc" } }],
      "max-lines": ["error", { max: 300, skipComments: true, skipBlankLines: true }],
      eqeqeq: "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    files: ["{cli,components,policy,runner}/**/*.ts", "index.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name='RegExp']",
          message:
            "Never make a pattern of the target's text: compare it, or see runner/sql/identifiers.ts.",
        },
        {
          selector:
            "MemberExpression[object.object.name='process'][object.property.name=/^std(out|err)$/][property.name='write']",
          message: "What is shown goes through cli/print.ts, which makes it visible.",
        },
        {
          selector: "CallExpression[callee.object.name='console']",
          message: "What is shown goes through cli/print.ts, which makes it visible.",
        },
      ],
    },
  },
  {
    // print.ts is the only output; server.ts prints its port for the engine.
    files: ["cli/print.ts", "runner/plugin/rpc/server.ts"],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    files: ["tests/**/*.ts"],
    ...jest.configs["flat/recommended"],
    rules: {
      ...jest.configs["flat/recommended"].rules,
      "jest/no-disabled-tests": "error",
      "jest/expect-expect": ["error", { assertFunctionNames: ["expect", "expect*"] }],
      "max-lines": ["error", { max: 400, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ["tests/integration/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "ArrayExpression[elements.length=2][elements.0.value=15][elements.1.value=18]",
          message: "MAJORS of tests/support/majors.ts, so that --all-majors reaches this test.",
        },
      ],
    },
  },
  {
    files: ["**/*.mjs", "**/*.cjs"],
    languageOptions: {
      globals: {
        process: "readonly",
        console: "readonly",
        require: "readonly",
        module: "readonly",
        __dirname: "readonly",
        setTimeout: "readonly",
        clearTimeout: "readonly",
        setInterval: "readonly",
        clearInterval: "readonly",
        AbortSignal: "readonly",
        URL: "readonly",
        fetch: "readonly",
      },
    },
  },
);
