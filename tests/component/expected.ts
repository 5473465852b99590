/** Every grant of the access matrix by the name of its resource, written down a second time: role, object, privileges. */
const WRITERS = ["v7_agent", "v7_architect"];
const READERS = ["v7_reader", "v7_agent", "v7_architect", "v7_auditor"];
const APPROVED_TABLES = ["v7_migration_workflow", "v7_enum_migrations", "v7_global_impacts"];
const OTHER_TABLES = ["v7_subworkflow_tasks", "v7_test_results"];

export const GRANT_NAMES: readonly string[] = [
  ...[...READERS, "v7_ci"].map((role) => `${role}-public`),
  "v7_auditor-v7_control",
  "v7_ci-v7_control",
  "v7_auditor-v7_control.history",
  "v7_ci-v7_control.history",
  ...[...APPROVED_TABLES, ...OTHER_TABLES, "file_audit", "v7_migration_dashboard"].flatMap(
    (table) => READERS.map((role) => `${role}-public.${table}`),
  ),
  ...APPROVED_TABLES.flatMap((table) =>
    WRITERS.flatMap((role) => [`${role}-public.${table}-insert`, `${role}-public.${table}-update`]),
  ),
  ...WRITERS.map((role) => `${role}-public.file_audit-update`),
];

export const GROUP_ROLES = ["v7_reader", "v7_agent", "v7_architect", "v7_auditor", "v7_ci"];

/** The resources of every kind of database: the gate, the roles, the migration, the grants and the check. */
export const COMMON_RESOURCES: readonly string[] = [
  "v7:components:Database database",
  "directive:index:ApprovalGate gate",
  "pulumi:providers:postgresql postgresql",
  "v7:components:Roles roles",
  ...GROUP_ROLES.map((role) => `postgresql:index/role:Role roles-${role}`),
  "directive:index:MigrationRunner directive",
  "v7:components:Grants grants",
  ...GRANT_NAMES.map((name) => `postgresql:index/grant:Grant grants-${name}`),
  "directive:index:CatalogCheck catalog",
];

/** The directive's steps as a plan names them; the digests are those of the files as they were approved for review. */
const STEPS = [
  step(
    "v7_control",
    "amendment",
    "fe33e171569f38bbcd984c1b908be4688cad667bb0943fc7586ae9bdd6e65581",
  ),
  step("section_1", "section", "4d435551143d8cc5f88116c2d093de501842eaf422bad6e90e5725c82a4b9abe"),
  step("section_2", "section", "960075a13e7943fb8351a15eaceb0ce6631072a82b7d07682e8df02d7675d99a"),
  step("section_3", "section", "c3ff1deacd0f5a3bf5024f1b3e5b35dcf8d64d186cb37bf38ad966f2e4702144"),
  step("section_4", "section", "66ad6ca174b4e00ef32ac0b54762f0ddacc329686c101203b179d79407c00aad"),
  step(
    "phase_number_unique",
    "amendment",
    "37dec9da6ec873522478f3f1f6dfca6bd7f7979f25a1491e45e86f840685d95f",
  ),
  step("section_5", "section", "d31541842aa43d73da0ea36b54a77e0f7e615b58f546bef91ba4f6020c1571da"),
  step("section_6", "section", "85ef9daf0f282599bff13876740dff0a8f86cbe3ed849bd9618fe0dcd27d6671"),
  step("section_7", "section", "6b8a980b0f314d8a00e9860e5a5da476da415e40b2693b02f4a3f7f90e39d414"),
  step("section_8", "section", "9aa560c27fdcdda5ec4ecd341b6c5f33f3067a5f414ae0c350f8c661e9b9e9b2"),
  step("lockdown", "amendment", "03fb1cc24915783a0b2a879a31a8d2b1a49ad4be4d638c28f2165b669ab6bd86"),
  step("phase_4", "population", "359b75da6441266ac89a84dba54c823fc6e7641b3bdc9d69894d54474d930c01"),
  step(
    "enum_inventory",
    "population",
    "6a588c013c36fd9bdda26078300fc2e4d3d566a1bc4dd879bd8163b69a432a15",
  ),
];

/** The access matrix's digest when these tests were written: whoever changes a grant changes it here too. */
export const ACCESS_SHA256 = "a319eed53f23f11f1ef4596b2920bb855a771a2c7829d4f6c77da41bde64691c";

function step(id: string, kind: string, sha256: string): Readonly<Record<string, string>> {
  return { directive: "ad_005", id, kind, sha256 };
}

/** The default inputs of the gate, the migration and the check, without the connection and the stack's name. */
export const directiveInputs = (name: string): Readonly<Record<string, unknown>> => ({
  project: "v7",
  amendments: [],
  steps: STEPS,
  access: ACCESS_SHA256,
  members: {},
  requireApproval: true,
  allowedSigners: "sql/ad_005/approvals/allowed_signers",
  requiredApprovals: 1,
  forbidSelfApproval: false,
  lockTimeout: 5,
  statementTimeout: 600,
  ...(name === "catalog" ? { migrationHead: "4e".repeat(32) } : {}),
});
