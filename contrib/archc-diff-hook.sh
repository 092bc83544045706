#!/usr/bin/env bash
# For git and pre-commit: what a commit changes in the specs that are given, or in all that are staged.
# It stops a commit whose specs have errors; a difference is told and stops nothing.
set -euo pipefail

status=0
if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -d '' -t files < <(git diff --cached --name-only --relative -z --no-renames --diff-filter=AM -- '*.arch')
fi
for file in "${files[@]}"; do
  archc check -- "$file" || { status=1; continue; }
  git cat-file -e "HEAD:./$file" 2>/dev/null || continue
  code=0
  archc diff -- "HEAD:$file" "$file" || code=$?
  [ "$code" -le 1 ] || status=1
done
exit "$status"
