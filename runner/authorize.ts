import type { Authorization } from "./apply";
import { fault } from "./fault";
import type { PreparedPlan } from "./planner";

/** The stack's rules on approvals. */
export interface ApprovalRules {
  /** False is honoured only where the database itself says that it is unprotected. */
  readonly requireApproval: boolean;
}

/**
 * Whether this plan may run on this database: without more ado where there is nothing to run, or where the database
 * says that it is unprotected and the stack's rules ask for no approval; else only with a valid approval.
 *
 * @throws SETTING_INVALID where the rules ask for no approval on a protected database
 * @throws APPROVAL_REQUIRED
 */
export async function authorize(
  prepared: PreparedPlan,
  { requireApproval }: ApprovalRules,
): Promise<Authorization> {
  const { digest, isProtected } = prepared;
  if (isProtected && !requireApproval) {
    throw fault("SETTING_INVALID", {
      what: 'reading setting "v7:requireApproval"',
      found: "false, and a database that is protected",
      expected:
        "true: only a database that says so itself (ALTER DATABASE … SET v7.unprotected = 'on') needs no approval",
      remedy: "Run pulumi config set v7:requireApproval true",
    });
  }
  if (digest === undefined || (!isProtected && !requireApproval)) {
    return {};
  }
  return await Promise.reject(
    fault("APPROVAL_REQUIRED", {
      what: `running plan ${digest}`,
      found: `a ${isProtected ? "protected database" : "stack that requires approval"} and no valid approval`,
      expected: "The Architect's signature over this digest",
      remedy: isProtected
        ? "Run npx v7 plan and have it approved; docs/approvals.md says how"
        : "This database is the stack's own: run pulumi config set v7:requireApproval false, or have the plan approved",
    }),
  );
}
