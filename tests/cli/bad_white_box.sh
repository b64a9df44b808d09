#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Models that cannot be opened up, or only in part: each is told in words, with what works instead.
# The models are made by tests/goldens/make_whitebox_models.py.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
BOX=$DATA/whitebox

# array FILE DTYPE DIMS...: numbers from a fixed series as .npy, without numpy.
array() {
  python3 - "$@" <<'PYTHON'
import struct, sys
path, kind, *dims = sys.argv[1:]
dims = [int(d) for d in dims]
count = 1
for d in dims:
    count *= d
codes = {"f4": "f", "f2": "e", "f8": "d", "u1": "B", "i8": "q"}
numbers = [(i * 7919) % 251 for i in range(count)]
if kind[0] == "f":
    numbers = [(n - 125) / 100 for n in numbers]
if kind == "i8":
    numbers = [n % 9 for n in numbers]
shape = "(" + "".join(f"{d}, " for d in dims) + ")"
order = "|" if kind == "u1" else "<"
head = f"{{'descr': '{order}{kind}', 'fortran_order': False, 'shape': {shape}, }}"
head += " " * ((-len(head) - 11) % 64) + "\n"
open(path, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode()
                       + struct.pack(f"<{count}{codes[kind]}", *numbers))
PYTHON
}
array x.npy f4 2 3 8 8
array half.npy f2 2 3 8 8
array double.npy f8 2 3 8 8
array image.npy u1 2 16 16 3
array tokens.npy i8 2 4
array wide.npy f4 2 3 8 9
array flat.npy f4 2 192

# ---- operators ----------------------------------------------------------------------------------

fails 3 'node "choose" (Hardmax) cannot be differentiated' grad "$BOX/refused.onnx" --tensor x.npy
expect_err "occlusion, RISE, LIME, KernelSHAP"
works grad "$BOX/refused.onnx" --tensor x.npy --wrt features
works attribute "$BOX/refused.onnx" --tensor x.npy --method occlusion --out a.npy
fails 3 'node "choose" (Hardmax)' attribute "$BOX/refused.onnx" --tensor x.npy --method saliency

fails 3 'node "conv1" (FusedConv) cannot be differentiated: it belongs to "com.microsoft"' \
  grad "$BOX/fused.onnx" --tensor x.npy
expect_err "load the model as it was exported"
works attribute "$BOX/fused.onnx" --tensor x.npy --method occlusion
works tap "$BOX/fused.onnx" --tensor x.npy --layer features
fails 3 "the provider does not implement one of its operators" \
  grad "$BOX/fused_nhwc.onnx" --tensor half.npy
expect_err "load the model as it was exported"

for operation in grad attribute "tap --layer scores"; do
  fails 3 'uses unknown custom operators: "acme.ops.Magic"' \
    ${operation%% *} "$BOX/custom.onnx" --tensor x.npy ${operation#"${operation%% *}"}
  expect_err "custom operators are code"
done
fails 3 'unknown custom operators: "acme.ops.Magic"' inspect "$BOX/custom.onnx"

fails 3 'the size of "scores" depends on the numbers in the input, by node "where" (NonZero)' \
  grad "$BOX/data_dependent.onnx" --tensor x.npy
expect_err "choose a value before that node"

# ---- inputs -------------------------------------------------------------------------------------

fails 3 '"x" is int64, and whole numbers have no gradient' \
  grad "$BOX/no_float.onnx" --tensor tokens.npy
expect_err 'differentiate by that (grad --wrt "embedded")'
works grad "$BOX/no_float.onnx" --tensor tokens.npy --wrt embedded
fails 3 "an input of int64 cannot be changed by small amounts" \
  attribute "$BOX/no_float.onnx" --tensor tokens.npy --method occlusion

fails 3 '"x" is uint8, and whole numbers have no gradient' \
  grad "$BOX/preprocess.onnx" --tensor image.npy
expect_err '"real" is the first float value behind it'
works grad "$BOX/preprocess.onnx" --tensor image.npy --wrt real --json
expect_field '["gradients"][0]["shape"]' 2x16x16x3
works attribute "$BOX/preprocess.onnx" --tensor image.npy --method occlusion --json
expect_field '["values"]["nans"]' 0
works attribute "$BOX/preprocess.onnx" --tensor image.npy --method grad_cam --layer features

fails 3 'model "two_inputs.onnx" takes 2 inputs' grad "$BOX/two_inputs.onnx" --tensor x.npy
fails 2 "the model takes 2 inputs, one was given" \
  attribute "$BOX/two_inputs.onnx" --tensor x.npy --method saliency
works grad "$BOX/plain.onnx" --tensor x.npy --out plain.npy
works grad "$BOX/old_initializers.onnx" --tensor x.npy --out old.npy
expect_same plain.npy old.npy
works grad "$BOX/fixed_batch.onnx" --tensor x.npy --json
expect_field '["gradients"][0]["shape"]' 2x3x8x8

fails 2 "takes float[N,3,8,8], the tensor is 2x3x8x9" grad "$BOX/plain.onnx" --tensor wide.npy
fails 2 "takes float[N,3,8,8], the tensor is 2x192" grad "$BOX/plain.onnx" --tensor flat.npy
: >empty.npy
head -c 300 x.npy >short.npy
head -c 20 x.npy >shorter.npy
for file in empty short shorter; do
  lamp grad "$BOX/plain.onnx" --tensor $file.npy
  expect "an error names the file" grep -q "$file.npy" .err
  expect "it fails as bad input" [ "$CODE" -ge 2 -a "$CODE" -le 4 ]
done

# ---- element types ------------------------------------------------------------------------------

works grad "$BOX/half.onnx" --tensor half.npy --json
expect_field '["gradients"][0]["dtype"]' float16
expect_field '["notes"]' '[]'
works grad "$BOX/overflow.onnx" --tensor half.npy --wrt flat --index 1 --out scaled.npy --json
expect_field '["gradients"][0]["infinities"]' 0
expect_field '["gradients"][0]["nans"]' 0
expect_out "float16 overflowed on the way back"
works grad "$BOX/overflow_single.onnx" --tensor x.npy --wrt flat --index 1 --out single.npy
expect "the scaled gradient is that of float32 to 1 %" python3 - <<'PYTHON'
import struct
def floats(path):
    return struct.unpack("<8f", open(path, "rb").read()[-32:])
half, single = floats("scaled.npy"), floats("single.npy")
most = max(abs(b) for b in single)
raise SystemExit(most == 0 or max(abs(a - b) for a, b in zip(half, single)) > 0.01 * most)
PYTHON
fails 3 "the provider does not implement one of its operators" \
  grad "$BOX/double.onnx" --tensor double.npy
expect_err "another opset or element type"
fails 2 "the model takes bfloat16" grad "$BOX/brain.onnx" --tensor x.npy

# ---- weights ------------------------------------------------------------------------------------

works grad "$BOX/not_a_number.onnx" --tensor x.npy --json
expect_out 'weight \"fc_w\" holds 1 NaN and 1 infinite numbers'
works attribute "$BOX/not_a_number.onnx" --tensor x.npy --method saliency --json
expect_out 'weight \"fc_w\" holds 1 NaN and 1 infinite numbers'
works grad "$BOX/unused_weight.onnx" --tensor x.npy
works grad "$BOX/odd_address.onnx" --tensor x.npy

# More than one message can hold: the table is a sparse file, which takes no room.
cp "$BOX/two_gigabytes.onnx" .
if truncate -s 2400000000 two_gigabytes.bin 2>.err; then
  works inspect two_gigabytes.onnx --json
  expect_field '["inputs"][0]["name"]' x
  works tap two_gigabytes.onnx --tensor x.npy --layer features
  works grad two_gigabytes.onnx --tensor x.npy --out big.npy
  expect_same plain.npy big.npy
  rm two_gigabytes.bin
fi
fails 3 "external" grad two_gigabytes.onnx --tensor x.npy

# ---- structure ----------------------------------------------------------------------------------

for operation in "grad --tensor x.npy" "tap --tensor x.npy --layer scores" inspect; do
  set -- $operation
  name=$1
  shift
  fails 3 "depends on its own output" "$name" "$BOX/cycle.onnx" "$@"
  fails 3 'reads "nowhere", which nothing makes' "$name" "$BOX/dangling.onnx" "$@"
  fails 3 'makes "conv", which is there already' "$name" "$BOX/duplicate.onnx" "$@"
  fails 3 'node "forever" (Loop) would run 9223372036854775807 times' \
    "$name" "$BOX/endless.onnx" "$@"
  fails 3 'node "conv1" (Conv)' "$name" "$BOX/wrong_rank.onnx" "$@"
done
fails 2 'input "x" takes float[N,4611686018427387904' grad "$BOX/huge_dims.onnx" --tensor x.npy
for escape in external_parent external_link external_fifo external_memory external_overflow; do
  lamp grad "$DATA/model/$escape.onnx" --tensor x.npy
  expect "$escape is refused" [ "$CODE" -ge 2 -a "$CODE" -le 4 ]
done

# ---- what was asked -----------------------------------------------------------------------------

fails 3 'has no value or node "relu2"' grad "$BOX/plain.onnx" --tensor x.npy --output relu2
expect_err 'did you mean "relu1"?'
fails 3 'has no value or node "relux"' \
  attribute "$BOX/plain.onnx" --tensor x.npy --method grad_cam --layer relux
expect_err 'did you mean "relu1"?'
fails 2 'target "99" is out of range' attribute "$BOX/plain.onnx" --tensor x.npy --target 99
fails 2 "index 99 is out of range" grad "$BOX/plain.onnx" --tensor x.npy --index 99

fails 3 'did you mean "relu1"?' edit "$BOX/plain.onnx" --tensor x.npy --edit "relux*0"
fails 2 "channel 77 is out of range" edit "$BOX/plain.onnx" --tensor x.npy --edit "relu1[77]*0"
works edit "$BOX/not_a_number.onnx" --tensor x.npy --edit "relu1[0]*0"
works edit "$BOX/fused.onnx" --tensor x.npy --edit "features[0]*0"
for operation in "edit --edit relu1*0" trace; do
  set -- $operation
  name=$1
  shift
  fails 3 'unknown custom operators: "acme.ops.Magic"' \
    "$name" "$BOX/custom.onnx" --tensor x.npy "$@"
  fails 3 'node "forever" (Loop) would run' "$name" "$BOX/endless.onnx" --tensor x.npy "$@"
done

# One row at a time is what a small bound leaves; the numbers stay.
works attribute "$BOX/plain.onnx" --tensor x.npy --method integrated_gradients --out wide_ig.npy
works attribute "$BOX/plain.onnx" --tensor x.npy --method integrated_gradients --memory 1 --json
finish
