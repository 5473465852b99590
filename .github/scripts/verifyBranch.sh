#!/usr/bin/env bash
# Tells whether a branch's database is as it should be: a second run has nothing to do, there is no drift, the status is
# shown. Takes the branch's name; the run's page gets the URL, without its password, and the status.
set -euo pipefail
branch=$1
# shellcheck source=/dev/null
. .v7/env
stack=$(v7 branch status --branch "$branch" --json | jq -er .stack)
pulumi up --yes --skip-preview --expect-no-changes --stack "$stack" --policy-pack policy --non-interactive
# The settings of an external database have no password that drift detection could read.
BRANCH_URL=$(v7 branch url --branch "$branch")
export BRANCH_URL
v7 drift --stack "$stack" --url-from BRANCH_URL
unset BRANCH_URL
v7 status --stack "$stack" | tee "$RUNNER_TEMP/status.txt"
url=$(v7 branch url --branch "$branch" --no-password)
{
  echo "Database: \`$url\`"
  echo
  echo '```text'
  cat "$RUNNER_TEMP/status.txt"
  echo '```'
} >> "$GITHUB_STEP_SUMMARY"
