#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Models that are none, or none that can be run: told before anything is imported, in words.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"
mkdir -p images/cat
png images/cat/a.png 28 28 100

fails 3 'there is no model "missing.onnx"' open missing.onnx images --no-serve
expect_err "Give an .onnx file first"
: >empty.onnx
fails 3 'model "empty.onnx" is an empty file' open empty.onnx images --no-serve
head -c 5000 "$V1" >short.onnx
fails 3 'model "short.onnx" is cut off' open short.onnx images --no-serve
expect_err "Copy or download the file again."
head -c 100 "$V1" >shorter.onnx
fails 3 'model "shorter.onnx"' open shorter.onnx images --no-serve
echo '<!DOCTYPE html><html><body>404</body></html>' >page.onnx
fails 3 "not an ONNX file but a web page" open page.onnx images --no-serve
cp images/cat/a.png picture.onnx
fails 3 "not an ONNX file but a PNG image" open picture.onnx images --no-serve
head -c 4000 /dev/zero >zeros.onnx
fails 3 'model "zeros.onnx"' open zeros.onnx images --no-serve
mkdir folder.onnx
fails 3 '"folder.onnx" is a folder' open folder.onnx images --no-serve
cp "$V1" locked.onnx
chmod 000 locked.onnx
chmod 777 .
lamp_as_nobody open locked.onnx images --no-serve --workspace nobody
expect_code 4
expect_err 'Permission denied'
fails 3 "takes 2 inputs, one image is needed" open "$DATA/model/two_inputs.onnx" images --no-serve
fails 3 'unknown custom operators: "acme.ops.Magic"' \
  open "$DATA/model/custom_op.onnx" images --no-serve
fails 3 "no image input" open "$DATA/model/text_input.onnx" images --no-serve
fails 3 "gives no class scores" open "$DATA/model/boxes.onnx" images --no-serve
fails 3 "holds no graph" open "$DATA/model/no_graph.onnx" images --no-serve
for escape in external_parent external_absolute external_middle_parent external_file_url; do
  fails 3 "refused" open "$DATA/model/$escape.onnx" images --no-serve
  expect_err "External data must be plain files in the model's own folder"
done
fails 3 "external" open "$DATA/model/external_missing.onnx" images --no-serve
expect_err "Copy the external data files together with the model."
fails 3 "which has 64 bytes" open "$DATA/model/external_past_end.onnx" images --no-serve

# None of them left anything behind but the record that it was asked.
works ls datasets --json
expect_field '["total"]' 0
works ls runs --json
expect_field '["total"]' 0
works ls jobs --json
expect_field '["jobs"][0]["state"]' failed

# What only the run time finds out.
fails 3 "an operator that does not exist in its opset" \
  open "$DATA/model/unknown_op.onnx" images --no-serve
fails 3 "its opset is newer than the installed ONNX Runtime" \
  open "$DATA/model/future_opset.onnx" images --no-serve
finish
