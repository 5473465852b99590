#!/usr/bin/env bash
# Refuses to go on where the job has no shared state.
if [ -z "$V7_BACKEND_URL" ]; then
  echo "::error title=No shared state::The environment production has no secret V7_BACKEND_URL: an empty state on this runner would know nothing of what has been applied. See docs/runbook.md."
  exit 1
fi
