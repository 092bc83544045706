#!/usr/bin/env bash
# What changed in the specs since a commit, as Markdown; a page with the figure of each goes into a folder.
#
#   contrib/archc-diff.sh BASE FOLDER [FILE.arch …]
#
# Without files, all that differ between the merge base of BASE and the working tree. Exit status: 0 told, 2 trouble.
set -euo pipefail

base=$(git merge-base -- "$1" HEAD)
folder=$2
shift 2
mkdir -p -- "$folder"
status=0

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -d '' -t files < <(git diff --name-only --relative -z --no-renames "$base" -- '*.arch')
fi
for file in "${files[@]}"; do
  if ! git cat-file -e "$base:./$file" 2>/dev/null; then
    printf '### `%s` is new\n\n' "$file"
    archc count --markdown -- "$file" || status=2
    continue
  fi
  if [ ! -e "$file" ]; then
    printf '### `%s` is gone\n\n' "$file"
    continue
  fi
  code=0
  archc diff --format markdown -- "$base:$file" "$file" || code=$?
  [ "$code" -le 1 ] || { status=2; continue; }
  if [ "$code" -eq 1 ]; then
    page=${file//\//-}
    archc diff --format html --output "$folder/${page%.arch}.html" -- "$base:$file" "$file" || [ $? -eq 1 ]
  fi
done
exit "$status"
