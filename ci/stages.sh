# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# The stages of ci/test, in order, sourced by it:
#
#   stage NAME SECONDS COMMAND...   a test; SECONDS is its limit on a slow machine with two processors
#   guest NAME SECONDS COMMAND...   the same, beside another of its kind
#   prefetch COMMAND...             a download started in the background now, for stages further down
#
# All of them together must stay under 45 minutes.

prefetch ci/vm --fetch "${KERNELS[@]}" amd64-6.1-cloud

stage build 1200 cmake --workflow --preset release
stage unit 600 ctest --test-dir build/release --output-on-failure --no-tests=error -j 2

stage style 120 ci/style
stage core-kernel 600 tests/kernel/compile-core
stage bench-core 300 tests/bench/run --quick
for arch in arm64 ppc64el; do
  stage "cross-$arch" 900 ci/cross "$arch" "build/cross-$arch"
done
for kernel in "${KERNELS[@]}"; do
  guest "boot-$kernel" 600 ci/vm "$kernel" -- sh -c 'uname -a; cat /sys/kernel/security/lsm; echo'
done
guest harness 600 tests/vm/selftest amd64-6.1-cloud
guest bench-guest 600 tests/bench/run --check
guest demo 900 env KSS_BIN=build/release/bin ci/demo amd64-6.1-cloud
guest attacks 1200 tests/vm/attacks.sh amd64-6.1-cloud
guest oracle 900 tests/vm/oracle.sh amd64-6.12-cloud
# Where types of files, tasks and sockets cannot be kept with them.
guest labels 600 tests/vm/labels.sh amd64-6.12-cloud
guest oracle-no-storage 600 env KSS_LOAD_OPTIONS='--without inode-storage,task-storage,socket-storage' \
  tests/vm/oracle.sh amd64-6.12-cloud --seed 2 --policies 8 --operations 200

# Does a policy hold, end to end? What is not here is in README.md, under "Known gaps".
for kernel in "${KERNELS[@]}"; do
  guest "enforce-$kernel" 900 tests/vm/enforce.sh "$kernel"
done
guest enforce-amd64-5.10-fmod_ret 900 tests/vm/enforce.sh amd64-5.10 --lsm default
guest enforce-any-size 900 env KSS_RESERVE=any tests/vm/enforce.sh amd64-6.1-cloud

# Policy text, images and what the agent reads, five minutes each, side by side, under the sanitizers.
guest fuzz 1500 tests/fuzz/run 300

# The policy against root, and against its own loader.
guest seal 900 tests/vm/seal.sh amd64-6.12-cloud
guest kill 900 tests/vm/kill.sh amd64-6.12-cloud
guest swap 600 tests/vm/swap.sh amd64-6.12-cloud
guest states 600 tests/vm/states.sh amd64-6.12-cloud
guest cli 900 tests/vm/cli.sh amd64-6.12-cloud
guest workload 900 tests/vm/workload.sh amd64-6.12-cloud

# Ways into a domain: digest, cgroup, container; and where the kernel gives no digest.
guest entry 900 tests/vm/entry.sh amd64-6.12-cloud
guest entry-sha512 600 tests/vm/entry.sh amd64-6.12-cloud sha512
