/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of the replay share. All fail the running test when they
 * cannot. */
#ifndef NATBENCH_REPLAY_UTIL_H
#define NATBENCH_REPLAY_UTIL_H

#include <stddef.h>
#include <stdint.h>

#include "capture/store.h"

/* Bytes of a packet in notation. */
uint32_t packet_of(const char *text, uint8_t *out, size_t size);
/* The packet in notation, told as "is @what"; brief, until the next call. */
const char *text_of_packet(const uint8_t *p, uint32_t len);
/* Fails unless @p is what @text says, naming @row. */
void assert_packet(const char *row, const uint8_t *p, uint32_t len,
		   const char *text);
/* Appends a packet in notation. */
void store_text(struct store *s, uint64_t time_ns, const char *text);
/* Makes a capture of generated conversations in the scratch folder. */
void capture_generated(const char *name, uint64_t flows, uint64_t packets);

#endif
