#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# The tests that run threads (torture_*), under ThreadSanitizer.
set -eu
cd "$(dirname "$0")/.."

# ThreadSanitizer wants its shadow memory where ASLR may have put a library.
exec setarch -R ci/test.sh tsan -L threads
