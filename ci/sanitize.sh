#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Every test under AddressSanitizer, LeakSanitizer and UBSan: `make test`.
set -eu
exec "$(dirname "$0")/test.sh" asan
