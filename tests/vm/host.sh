# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Sourced by tests/vm/NAME.sh: goes to the top of the tree and makes $out (build/NAME) for what the test needs. $bin is
# where the programs under test are, $kss_load are the options of ci/vm that add kss-load and tests/vm/guest.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bin=${KSS_BIN:-build/release/bin}
out=${KSS_OUT:-build/$(basename "$0" .sh)}
mkdir -p "$out"
# shellcheck disable=SC2034 # for those who source this
kss_load=(--add "$bin/kss-load:/usr/local/bin/kss-load" --add tests/vm/guest.sh)

# static_c COMPILER OUTPUT SOURCE...: a program for a guest without libraries
static_c() {
  local cc=$1 output=$2
  shift 2
  "$cc" -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -Iinclude -o "$output" "$@"
}
