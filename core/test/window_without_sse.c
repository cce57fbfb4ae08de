/* SPDX-License-Identifier: BSD-2-Clause
 * tcp_window_pass() compiled once more. */
#undef __SSE2__
#undef __SSE4_1__

#include "test/window_without_sse.h"

bool window_pass_without_sse(struct tcp_track *t, size_t dir, lanes4 word,
			     uint32_t len, bool *unacked)
{
	return tcp_window_pass(t, dir, word, len, unacked);
}
