/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A router of one worker to which packets are given one at a time, and whose
 * doings are told. */
#ifndef NATBENCH_SESSION_H
#define NATBENCH_SESSION_H

#include "capture/error.h"
#include "explain/story.h"
#include "natcore.h"

struct session_config {
	struct nat_config engine;
	uint16_t client_if, server_if; /* as struct scenario has them */
	struct teller teller;
};

struct session;

/* NULL: @err says why. */
struct session *session_new(const struct session_config *cfg,
			    struct capture_error *err);
void session_free(struct session *s);

/* Is @text a packet in the notation, perhaps with "IF: " in front, where it
 * does not enter by the client's interface? 0, or -1 with @err filled. */
int session_check(struct session *s, const char *text,
		  struct capture_error *err);
/* Plays it; then the far end's answer, if it left. 0, or -1 with @err filled.
 */
int session_packet(struct session *s, const char *text,
		   struct capture_error *err);

/* All of a capture is played, as conversations; the packets of frames @first
 * to @last are told. 0, or -1 with @err filled. */
int session_capture(struct session *s, const char *path, uint64_t first,
		    uint64_t last, struct capture_error *err);

#endif
