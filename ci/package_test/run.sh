#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs a build into a prefix of its own and builds a program against it, by
# CMake and by pkg-config: run.sh BUILD_DIR [LINK FLAGS]
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$build/package_test
rm -rf "$work"
mkdir -p "$work"
cd "$work"

cmake --install "$build" --prefix "$work/prefix" >install.log
LD_LIBRARY_PATH=$(dirname "$(find "$work/prefix" -name 'libnatcore.*' | head -n 1)")
export LD_LIBRARY_PATH

cmake -S "$here" -B by_cmake -DCMAKE_PREFIX_PATH="$work/prefix" \
	-DCMAKE_EXE_LINKER_FLAGS="${2-}" >cmake.log
cmake --build by_cmake >>cmake.log
test "$(by_cmake/package_test)" = forward

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name natcore.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046,SC2086
${CC:-cc} $(pkg-config --cflags natcore) "$here/main.c" -o by_pkg_config \
	$(pkg-config --libs natcore) ${2-}
test "$(./by_pkg_config)" = forward
