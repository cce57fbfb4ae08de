/* SPDX-License-Identifier: BSD-2-Clause
 * tcp_window_pass() as it is where the CPU's vectors are others. */
#ifndef TEST_WINDOW_WITHOUT_SSE_H
#define TEST_WINDOW_WITHOUT_SSE_H

#include "pure/tcp_window.h"

bool window_pass_without_sse(struct tcp_track *t, size_t dir, lanes4 word,
			     uint32_t len, bool *unacked);

#endif
