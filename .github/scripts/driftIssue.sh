#!/usr/bin/env bash
# One issue a stack: opened where there is drift, its text kept up to date, commented where the findings changed, closed
# where there is none any more. Takes the exit code of npx v7 drift (0 or 2); needs gh, STACK, and the report in drift.md.
set -euo pipefail
code=$1
title="Drift of stack $STACK"
number=$(gh issue list --state open --label drift --limit 100 --json number,title |
  jq -r --arg title "$title" 'map(select(.title == $title)) | first | .number // empty')

if [ "$code" = 2 ] && [ -z "$number" ]; then
  gh label create drift --description "A database is not as it was approved" --color b60205 --force
  gh issue create --title "$title" --label drift --body-file drift.md
elif [ "$code" = 2 ]; then
  findings=$(tail -n 1 drift.md)
  before=$(gh issue view "$number" --json body --jq .body)
  gh issue edit "$number" --body-file drift.md
  # Editing tells nobody; a comment does.
  if ! grep -qF "$findings" <<<"$before"; then
    gh issue comment "$number" --body "The findings changed; the text above is that of now."
  fi
elif [ "$code" = 0 ] && [ -n "$number" ]; then
  gh issue comment "$number" --body-file drift.md
  gh issue close "$number"
fi
