#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Help, manual, completion, version, mistakes on the command line.
source "$(dirname "${BASH_SOURCE[0]}")/common.bash"

works --version
expect_out "slitlamp 0."
works -V
works
expect_out "usage: slitlamp VERB"
works help
expect_out "exit codes: 0 ok"
works --help

# Every verb has help, its example names it, and nothing is missing from the overview.
works help --json
verbs=$(python3 -c "import json
print(*[o['name'] for o in json.load(open('$SCRATCH/.out'))['operations']])")
expect "20 operations" test "$(wc -w <<<"$verbs")" -ge 20
for verb in $verbs; do
  works help "$verb"
  expect_out "usage: slitlamp $verb"
  expect_out "example: slitlamp $verb"
  works "$verb" --help
  works help
  expect_out "  $verb "
done
works help eval --all
expect_out "--precision"

# The manual page is roff that man can format.
works man
expect_out ".TH"
expect_out "predictions"
cp .out slitlamp.1
if command -v man >/dev/null && man --version 2>/dev/null | grep -q '^man '; then
  run man --warnings -E UTF-8 -l -Tutf8 -Z slitlamp.1
  expect_code 0
  expect "no warnings" test ! -s .err
fi

# Completion scripts: bash sources and completes; the others parse where their shell is there.
works completion bash
cp .out complete.bash
run bash -n complete.bash
expect_code 0
run bash -c 'set -eu; source ./complete.bash; complete -p slitlamp'
expect_code 0
expect_out "slitlamp"
function_name=$(sed -n 's/.*-F \([^ ]*\) .*/\1/p' .out)
run bash -c "source ./complete.bash; COMP_WORDS=(slitlamp ev); COMP_CWORD=1; COMP_LINE='slitlamp ev'
  COMP_POINT=11; $function_name slitlamp ev slitlamp; printf '%s\n' \"\${COMPREPLY[@]}\""
expect_out "eval"
run bash -c "source ./complete.bash; COMP_WORDS=(slitlamp eval --pre); COMP_CWORD=2
  COMP_LINE='slitlamp eval --pre'; COMP_POINT=19; $function_name slitlamp --pre eval
  printf '%s\n' \"\${COMPREPLY[@]}\""
expect_out "--precision"
works completion zsh
expect_out "#compdef slitlamp"
cp .out _slitlamp
works completion fish
expect_out "complete -c slitlamp"
cp .out slitlamp.fish
if command -v zsh >/dev/null; then run zsh -n _slitlamp; expect_code 0; fi
if command -v fish >/dev/null; then run fish -n slitlamp.fish; expect_code 0; fi
fails 2 "tcsh" completion tcsh

# Mistakes: exit code 2, what was meant.
fails 2 'there is no verb "evla"' evla
expect_err 'Did you mean "slitlamp eval"?'
fails 2 'there is no verb "xyzzy"' xyzzy
expect_err '"slitlamp help" lists the verbs.'
fails 2 'there is no verb "xyzzy"' help xyzzy
fails 2 '"eval" has no option --precison' eval --precison float16 x.onnx
expect_err "Did you mean --precision?"
fails 2 "option --batch needs a value" eval x.onnx --batch
fails 2 'option "-x" is not known' eval -x
fails 2 "option --batch is not known" --batch 5 eval x.onnx
fails 2 'must be a whole number, got "many"' eval x.onnx --batch many --workspace ws
fails 2 "must be between 0 and 4096, got 5000" eval x.onnx --batch 5000 --workspace ws
fails 2 'cannot be "double"' eval x.onnx --precision double --workspace ws
fails 2 'needs the parameter "model"' eval --workspace ws
fails 2 '"doctor" does not know what to do with "please"' doctor please
expect "a mistake makes no workspace" test ! -e .slitlamp

# Nothing to write to is a failure of the environment, not a silent success.
if [ -w /dev/full ]; then
  run bash -c "'$SLITLAMP' help >/dev/full"
  expect_code 4
  expect_err "cannot write the result to standard output"
fi
run bash -c "'$SLITLAMP' help | head -1; exit \${PIPESTATUS[0]}"
expect "a closed pipe is no crash" test "$CODE" -le 4

works doctor
expect_out "ONNX Runtime"
works doctor --json
expect_field '["ok"]' True
finish
