/* SPDX-License-Identifier: BSD-2-Clause
 * Segments written as text, for tests that read like a tcpdump. */
#ifndef TEST_TCP_TEXT_H
#define TEST_TCP_TEXT_H

#include <stdbool.h>

#include "pure/tcp.h"

struct text_segment {
	struct tcp_segment tcp;
	bool from_server;     /* '<' rather than '>' */
	uint32_t peer_origin; /* where what is acknowledged counts from */
	uint8_t options[40];
};

/* Reads the form that tcp_scripts.h describes; false: it is not of it. The
 * sequence numbers of client and server count from @origin. */
bool tcp_text_parse(struct text_segment *out, const char *text,
		    const uint32_t origin[2]);

/* The name of @why as it stands in TCP_WHYS. */
const char *tcp_text_why(enum tcp_why why);

#endif
