#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# install_test.sh BUILD_DIR SOURCE_DIR WORK_DIR: installs KSS into a prefix of its own, moves that prefix, and builds and
# runs a consumer with what is there: by pkg-config (shared and static) and by find_package.
set -euo pipefail
build=$1 source=$2 work=$3

rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/prefix" # whoever unpacks an archive elsewhere must find everything too
prefix=$work/prefix
libdir=$(dirname "$(find "$prefix" -name libkss.so -print -quit)")

for file in sbin/kss-load share/man/man1/kss-load.1 share/man/man5/kss-policy.5 include/kss/kss.h include/kss/kss.hpp \
  share/bash-completion/completions/kss-load share/zsh/site-functions/_kss-load share/fish/vendor_completions.d/kss-load.fish; do
  [[ -e $prefix/$file ]] || { echo "not installed: $file"; exit 1; }
done

# Nothing but the API is exported.
if nm -D --defined-only "$libdir/libkss.so" | awk '$2 ~ /[TDBRVW]/ {print $3}' | grep -v '^kss_'; then
  echo "libkss.so exports more than its API"
  exit 1
fi

export PKG_CONFIG_PATH=$libdir/pkgconfig
flags=$(pkg-config --cflags --libs kss)
# shellcheck disable=SC2086 # flags are words
cc -std=c11 -Wall -Wextra -Werror "$source/kss_c_test.c" $flags -o "$work/c_shared"
LD_LIBRARY_PATH=$libdir "$work/c_shared" "$source/gateway.yaml"
# shellcheck disable=SC2086
c++ -std=c++20 -Wall -Wextra -Werror "$source/kss_cpp_test.cpp" $flags -pthread -o "$work/cpp_shared"
LD_LIBRARY_PATH=$libdir "$work/cpp_shared" "$source/gateway.yaml"

mkdir "$work/static" && cp "$libdir/libkss.a" "$work/static"
private=$(pkg-config --static --libs-only-l kss)
# shellcheck disable=SC2086
cc -std=c11 "$source/kss_c_test.c" -I"$prefix/include" -L"$work/static" $private -o "$work/c_static"
"$work/c_static" "$source/gateway.yaml"

cmake -S "$source/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" -DTESTS="$source" >"$work/consumer.log"
cmake --build "$work/consumer" >>"$work/consumer.log"
for program in c_shared c_archive cpp_shared; do
  "$work/consumer/$program" "$source/gateway.yaml"
done
