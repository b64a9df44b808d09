#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Workspaces: found like a repository, never made by looking, refused when they are not ours.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
chmod 777 .
mkdir -p images/cat images/dog
for i in 1 2 3 4; do
  png images/cat/$i.png 28 28 $((i * 10))
  png images/dog/$i.png 28 28 $((i * 20 + 1))
done

# Looking makes none.
for verb in ls report view serve "show r1" "export x.csv"; do
  # shellcheck disable=SC2086
  fails 3 "no workspace at" $verb
done
expect_err "--workspace names another"
expect "none was made" test ! -e .slitlamp

# Made here, found from below, named by option and by environment.
works import images --quiet
expect "it was made here" test -f .slitlamp/catalogue.db
cd images/cat
works ls datasets --json
expect_field '["total"]' 1
works import . --name cats --quiet
expect "none was made below" test ! -e .slitlamp
cd "$SCRATCH"
SLITLAMP_WORKSPACE=$SCRATCH/.slitlamp run "$SLITLAMP" ls datasets --json
expect_field '["total"]' 2
fails 3 "no workspace at" ls --workspace elsewhere

# Nothing changes in one that is only read.
before=$(find .slitlamp -type f ! -name '*-shm' ! -name '*-wal' -exec sha256sum {} + | sort)
works ls datasets --read-only
works view --dataset images --read-only --limit 3
works show d1 --read-only
fails 4 "would change the workspace, which is open read-only" import images --read-only
expect_err "Open it without --read-only."
fails 4 "read-only" eval "$V2" --read-only
fails 4 "read-only" collect --read-only
fails 4 "read-only" resume --read-only
works export read-only.csv --dataset images --read-only
after=$(find .slitlamp -type f ! -name '*-shm' ! -name '*-wal' -exec sha256sum {} + | sort)
expect "every file is as before" test "$before" = "$after"

# One that cannot be written can be read.
cp -r .slitlamp shelf
chmod -R a-w,a+rX shelf
lamp_as_nobody ls datasets --json --workspace shelf --read-only
expect_code 0
expect_field '["total"]' 2
lamp_as_nobody view --dataset images --limit 1 --workspace shelf --read-only
expect_code 0
lamp_as_nobody import images --workspace shelf
expect_code 4
mkdir closed
chmod 555 closed
lamp_as_nobody import images --workspace closed/ws
expect_code 4
expect_err "Permission denied"

# What is not ours is refused and left as it is.
mkdir garbage other
head -c 100000 /dev/urandom >garbage/catalogue.db
cp garbage/catalogue.db garbage.before
fails 4 "garbage" ls --workspace garbage
fails 4 "garbage" import images --workspace garbage
expect_same garbage/catalogue.db garbage.before
python3 -c "import sqlite3
c = sqlite3.connect('other/catalogue.db')
c.execute('CREATE TABLE t(x)')
c.commit()"
fails 4 "other" ls --workspace other
fails 4 "other" import images --workspace other
expect "nothing was made in there" test "$(ls other)" = catalogue.db
: >file
fails 4 "file" import images --workspace file
cp -r .slitlamp cut
truncate -s 20000 cut/catalogue.db
fails 4 "cut" ls --workspace cut
cp -r .slitlamp triggered
python3 - <<'PYTHON'
import sqlite3
c = sqlite3.connect("triggered/catalogue.db")
c.execute("CREATE TRIGGER t AFTER INSERT ON journal BEGIN DELETE FROM sample; END")
c.commit()
PYTHON
fails 4 "triggered" import images --workspace triggered
cp -r .slitlamp hollow
find hollow/columns -type f -exec truncate -s 10 {} +
lamp view --dataset images --workspace hollow
expect "a damaged column is refused" test "$CODE" = 4 -o "$CODE" = 3

# The images went away: what was known stays known, what needs them says so.
works eval "$V2" --dataset images --quiet
mv images gone
works view --json
expect_field '["matched"]' 8
works report
fails 3 "/images" stages s1
lamp export pictures --what images --json
expect_code 0
expect_field '["skipped"]' 8
mv gone images
works stages s1
finish
