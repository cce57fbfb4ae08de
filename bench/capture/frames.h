/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frames of a capture file, pcap or pcapng, in any byte order; the
 * interfaces of a pcapng may differ in link type and clock. Knows nothing of
 * what is in a frame. */
#ifndef NATBENCH_FRAMES_H
#define NATBENCH_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/stream.h"

struct frame {
	const uint8_t *data; /* until the next call */
	uint32_t caplen;     /* bytes there are */
	uint32_t len;        /* bytes there were */
	uint64_t time_ns;    /* since 1970 */
	int dlt;             /* link type: libpcap's DLT_ value */
};

enum frames_result {
	FRAMES_FRAME,
	FRAMES_END,   /* ends well */
	FRAMES_CUT,   /* ends inside of something; perhaps a source's fault */
	FRAMES_FAULT, /* @fault says what */
};

/* An interface of a pcapng. */
struct frames_if {
	int dlt;
	uint32_t snaplen;  /* 0: none */
	uint8_t tsresol;   /* as option if_tsresol has it */
	uint64_t offset_s; /* added to timestamps, modulo 2^64 */
};

struct frames {
	struct stream stream;
	enum frames_result (*next)(struct frames *f, struct frame *frame);
	const char *fault;
	bool swapped; /* numbers are in the other byte order */

	/* pcap */
	int dlt;
	uint8_t record_header; /* bytes */
	uint16_t minor;        /* of the version */
	uint32_t ns_per_tick;

	/* pcapng */
	struct frames_if *interface;
	uint32_t n_interfaces;
};

/* Reads the file header. FRAMES_FRAME: go on with f->next(). @source stays the
 * caller's; frames_free() in any case. */
enum frames_result frames_open(struct frames *f, struct source *source);
void frames_free(struct frames *f);

/* --------------------------------------------------------- for the formats */

enum { FRAMES_MOST = 262144 }; /* bytes of a frame */

enum frames_result frames_open_pcapng(struct frames *f);

static inline enum frames_result frames_fail(struct frames *f, const char *why)
{
	f->fault = why;
	return FRAMES_FAULT;
}

/* Why a need was not met. */
static inline enum frames_result frames_short(struct frames *f)
{
	if (f->stream.no_memory)
		return frames_fail(f, "out of memory");
	return stream_left(&f->stream) ? FRAMES_CUT : FRAMES_END;
}

static inline uint32_t frames_u32(const struct frames *f, const uint8_t *p)
{
	uint32_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return f->swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t frames_u16(const struct frames *f, const uint8_t *p)
{
	uint16_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return f->swapped ? __builtin_bswap16(v) : v;
}

static inline uint64_t frames_u64(const struct frames *f, const uint8_t *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof(v));
	return f->swapped ? __builtin_bswap64(v) : v;
}

/* A link type as files have it: numbered as in memory but for raw IP. */
static inline int frames_dlt(uint32_t linktype)
{
	enum { LINKTYPE_RAW = 101, MEMORY_RAW = 12, BITS = 0x03ffffff };

	linktype &= BITS; /* above: length of the frame check sequence */
	return linktype == LINKTYPE_RAW ? MEMORY_RAW : (int)linktype;
}

#endif
