import { Command } from "commander";
import { addApprovals } from "../../../cli/approvals";
import { addApprove } from "../../../cli/approve";
import { messageOf } from "../../../runner/base/fault";

// The two commands as a program of their own, ending as `v7` does: a fault is its message and exit code 1.
const program = new Command("v7");
addApprove(program);
addApprovals(program);
program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
