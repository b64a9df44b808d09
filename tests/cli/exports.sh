#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exports: tables that a spreadsheet cannot be tricked with, folders of images, nothing overwritten.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
mkdir -p images/good
png images/good/a.png 28 28 10
mkdir -p 'images/=cmd|calc' 'images/+1' 'images/-1' 'images/@SUM(1)' 'images/a,"b"'
png 'images/=cmd|calc/x.png' 28 28 20
png 'images/+1/x.png' 28 28 30
png 'images/-1/x.png' 28 28 40
png 'images/@SUM(1)/x.png' 28 28 50
png 'images/a,"b"/x.png' 28 28 60
works import images --quiet
works eval "$V2" --quiet
works export table.csv --json
expect_field '["written"]' 6
python3 - <<'PYTHON' || broken "the table is not what it should be"
import csv
rows = list(csv.DictReader(open("table.csv", newline="")))
assert len(rows) == 6, rows
labels = sorted(row["label"] for row in rows)
assert labels == sorted(["good", "'=cmd|calc", "'+1", "'-1", "'@SUM(1)", 'a,"b"']), labels
for row in rows:
    for key, cell in row.items():
        assert cell == "" or cell[0] not in "=+@\t\r", (key, cell)
        assert cell == "" or cell[0] != "-" or key not in ("name", "label", "pred"), (key, cell)
    total = sum(float(row[name]) for name in row if name in ("T-shirt/top", "Trouser", "Pullover",
        "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"))
    assert abs(total - 1) < 1e-4, total
PYTHON
works export lines.jsonl
python3 - <<'PYTHON' || broken "the lines are not what they should be"
import json
rows = [json.loads(line) for line in open("lines.jsonl")]
assert len(rows) == 6 and rows[0]["scores"]["Bag"] >= 0, rows
assert {row["label"] for row in rows} >= {"=cmd|calc", 'a,"b"'}
PYTHON
works export table.txt --format csv
expect_same table.csv table.txt

# Nothing is ever overwritten.
cp table.csv before.csv
fails 2 '"table.csv" exists already' export table.csv
expect_err "nothing is ever overwritten"
expect_same table.csv before.csv
fails 2 '"images" exists already' export images --what images
fails 3 "cannot create" export nowhere/deep/table.csv
ln -s "$SCRATCH/target.csv" link.csv
lamp export link.csv
expect "a link that leads nowhere is not followed" test ! -e target.csv

# Folders of images: copies are the bytes, links are links, groups are folders.
works export copies --what images --group label --json
expect_field '["written"]' 6
expect_same images/good/a.png "$(find copies/good -type f)"
expect "six folders" test "$(find copies -mindepth 1 -maxdepth 1 -type d | wc -l)" = 6
works export hard --what images --files hardlink
expect "hard links" test "$(find hard -type f -links 2 | wc -l)" = 6
works export soft --what images --files symlink
expect "symbolic links" test "$(find soft -type l | wc -l)" = 6
works export some --what images --limit 2 --sort -confidence
expect "two of them" test "$(find some -type f | wc -l)" = 2
works export none --what images --where label=nothing --json
expect_field '["written"]' 0
fails 3 'there is no field "colour"' export x.csv --where colour=red
expect "no empty table is left" test ! -e x.csv -a ! -e x.csv.tmp

# The report as a page: one file, nothing from elsewhere.
works report --html page.html
expect "a page" grep -q "<!doctype html>" page.html
expect "no address of elsewhere" test "$(grep -cE '(src|href)="?(https?:)?//' page.html)" = 0
expect "no script" test "$(grep -ci '<script' page.html)" = 0
finish
