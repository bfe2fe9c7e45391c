#!/bin/sh
# Every folder of golden fixtures through `planner verify`, and every malformed file through `planner
# describe`; exits with 1 where one does not get the verdict it should.
# Usage: fixtures.sh FOLDER   (folders with golden.safetensors or golden.json; NAME-sharded is compared
# with the golden file of NAME; malformed/expect.json holds the verdicts)
set -eu
planner=$(cd "$(dirname "$0")/../.." && pwd)/.build/release/planner
cd "$1"
status=0
for folder in */; do
  folder=${folder%/}
  golden=
  for file in "$folder/golden.safetensors" "$folder/golden.json" \
    "${folder%-sharded}/golden.safetensors"; do
    if [ -z "$golden" ] && [ -f "$file" ]; then golden=$file; fi
  done
  [ -n "$golden" ] || continue
  result=$("$planner" verify --model "$folder" --golden "$golden" 2>/dev/null) || status=1
  # Beside the verdict: the comparison that comes closest to its tolerance.
  closest=$(echo "$result" | awk '/ of .*e/ && $2 + 0 == $2 {
    share = $2 / $4; if (share >= most) { most = share; line = $5 " " $2 " of " $4 } }
    END { print line }')
  echo "$folder: $(echo "$result" | tail -n 1)${closest:+; closest: $closest}"
done
[ -f malformed/expect.json ] || exit $status
right=0
for file in malformed/*.safetensors; do
  expected=$(sed -n "/\"$(basename "$file")\"/,/^ *},*$/s/.*\"strict_reader\": \"\([a-z]*\).*/\1/p" \
    malformed/expect.json)
  found=reject
  code=0
  "$planner" describe --model "$file" >/dev/null 2>&1 || code=$?
  case $code in 0) found=accept ;; 1) ;; *) found="exit code $code" ;; esac
  if [ "$found" = "$expected" ]; then
    right=$((right + 1))
  else
    echo "malformed: $file: $found, where $expected is expected" >&2
    status=1
  fi
done
echo "malformed: $right of $(ls malformed/*.safetensors | wc -l) files get their verdict"
exit $status
