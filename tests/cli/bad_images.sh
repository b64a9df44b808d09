#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Data that are none, files that lie, names that bite: listed, counted, never dropped, never run.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
chmod 777 .

mkdir empty text
echo hello >text/readme.txt
fails 3 '"empty" holds no sample' open "$V2" empty --no-serve
fails 3 '"text" holds no sample' open "$V2" text --no-serve
expect_err '1 .txt (first "readme.txt")'
fails 3 'there is no file or folder "nowhere"' open "$V2" nowhere --no-serve
mkdir -p locked/a half/a half/b
png locked/a/x.png 28 28 1
png half/a/x.png 28 28 1
png half/b/x.png 28 28 2
chmod 000 locked half/b
lamp_as_nobody open "$V2" locked --no-serve --workspace nobody
expect_code 4
expect_err 'Permission denied'
lamp_as_nobody import half --workspace nobody
expect_code 0
expect_out 'cannot be read were left out: 1 (first "b")'
lamp_as_nobody open "$V2" half --no-serve --workspace nobody
expect_code 0
expect_out 'cannot be read were left out: 1 (first "b")'

# One folder with everything that a folder can hold.
python3 - "$DATA/image/jpeg_444_33x19.jpg" <<'PYTHON'
import os, struct, sys, zlib
jpeg = open(sys.argv[1], "rb").read()
os.makedirs(b"odd/cat")
os.makedirs(b"odd/<img src=x onerror=alert(1)>")
def put(name, data):
    open(b"odd/" + name, "wb").write(data)
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
put(b"cat/new\nline.jpg", jpeg + b"1")
put(b"cat/esc\x1b[31mred.jpg", jpeg + b"2")
put("cat/rtl\u202egpj.exe.jpg".encode(), jpeg + b"3")
put(b"cat/bad\xff\xfe.jpg", jpeg + b"4")
put(b"cat/" + b"L" * 246 + b".jpg", jpeg + b"5")
put("cat/\U0001f600.jpg".encode(), jpeg + b"6")
put(b"cat/=HYPERLINK(1).jpg", jpeg + b"7")
put(b"<img src=x onerror=alert(1)>/x.jpg", jpeg + b"8")
put(b"cat/truncated.jpg", jpeg[:len(jpeg) // 2])
put(b"cat/drawing.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"/>')
put(b"cat/page.jpg", b"<html><script>alert(1)</script></html>")
put(b"cat/nothing.jpg", b"")
for name, width, height, bits, kind in ((b"huge.png", 65535, 65535, 8, 2),
                                        (b"bomb.png", 50000, 50000, 1, 0),
                                        (b"absurd.png", 2147483647, 2147483647, 16, 6)):
    put(b"cat/" + name, b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(
        ">IIBBBBB", width, height, bits, kind, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b""))
os.symlink("/etc/passwd", b"odd/cat/link.jpg")
os.mkfifo(b"odd/cat/fifo.jpg")
PYTHON
works import odd --json
expect_field '["dataset"]["samples"]' 17
expect_field '["dataset"]["broken"]' 9
expect_field '["problems_count"]' 9
for reason in "the file is empty" "it is not a regular file" "it looks like an HTML page" \
  "it looks like an SVG drawing" "image of 65535 x 65535 pixels is above the limit" \
  "image ends early" "it is a symbolic link that leaves the folder"; do
  expect_out "$reason"
done

# Names reach a terminal without what a terminal obeys, and a table without what a sheet runs.
works ls samples
expect_out 'cat/new\x0Aline.jpg'
expect_out 'esc\x1B[31m'
expect_no_out "$(printf '\033')"
expect_no_out "$(printf '\342\200\256')"
works view --limit 100
expect_no_out "$(printf '\033')"
works sample s1
works show s1
works eval "$V2" --quiet
works report --html report.html
expect "a label is text in the page" test "$(grep -c '<img src=x onerror' report.html)" = 0
expect "and it is there" grep -q 'img src=x onerror=alert' report.html
works export images --what images --json
expect_field '["written"]' 15
expect_field '["skipped"]' 2
expect "a long name keeps its ending" test "$(find images -name '*LLLL*.jpg' | wc -l)" = 1
works export by-label --what images --group label
astray=$(find . -newer report.html -name '*.jpg' -not -path './by-label/*' -not -path './images/*')
expect "labels stay below the folder" test -z "$astray"
works resume --help

# A class-map that does not fit, said and not stumbled over.
mkdir -p shapes/square shapes/circle
for i in 1 2 3; do
  png shapes/square/$i.png 28 28 $((i * 20))
  png shapes/circle/$i.png 28 28 $((i * 30 + 5))
done
printf 'one\ntwo\nthree\n' >three.txt
fails 3 'class file "three.txt" names 3 classes, the model "v2.onnx" has 10' \
  open "$V2" shapes --classes three.txt --no-serve
works open "$V2" shapes --name shapes --no-serve
expect_out 'match no class of the model'
finish
