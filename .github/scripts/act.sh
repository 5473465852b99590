#!/usr/bin/env bash
# One action on prod: makes its plan and packet, and runs it where The Architect has signed for exactly that plan. Takes
# the action: rollback, repair, restore or trust; leaves what was planned and printed in act/.
set -euo pipefail
action=$1
.github/scripts/needSharedState.sh
# shellcheck source=/dev/null
. .v7/env
mkdir -p act
v7 plan --stack prod --action "$action" --out act/plan.json 2>&1 | tee act/plan.txt
if [ ! -e act/plan.json ]; then
  echo "::notice title=Nothing to do::$action has nothing to do on prod."
  exit 0
fi
if ! v7 approvals --plan act/plan.json --stack prod 2>&1 | tee act/approvals.txt; then
  echo "::error title=Not approved::The plan and its packet are in this run's artifact. Once the signed approval is on main, start this workflow again."
  exit 1
fi
v7 "$action" --stack prod 2>&1 | tee act/run.txt
v7 status --stack prod 2>&1 | tee act/status.txt
{ echo '```text'; cat act/status.txt; echo '```'; } >> "$GITHUB_STEP_SUMMARY"
