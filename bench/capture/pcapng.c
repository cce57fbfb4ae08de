/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pcapng, after draft-ietf-opsawg-pcapng: sections of blocks. */
#include <stdlib.h>

#include "capture/frames.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_PACKET = 6,
	BLOCK_HEAD = 8, /* type, length */
	BLOCK_LEAST = BLOCK_HEAD + 4,
	BLOCK_MOST = 16 << 20,
	SECTION_HEAD = BLOCK_HEAD + 8,
	IF_HEAD = 8,
	OPTION_TSRESOL = 9,
	OPTION_TSOFFSET = 14,
	MICROSECONDS = 6,
};

#define BLOCK_SECTION UINT32_C(0x0a0d0d0a)
#define ORDER         UINT32_C(0x1a2b3c4d)

/* What lies between a block's two lengths. */
struct block {
	uint32_t type;
	const uint8_t *body;
	uint32_t len;
};

/* A section says its own byte order, and with it how its length reads. */
static enum frames_result begin_section(struct frames *f, const uint8_t *p)
{
	f->swapped = false;
	if (frames_u32(f, p + BLOCK_HEAD) != ORDER) {
		f->swapped = true;
		if (frames_u32(f, p + BLOCK_HEAD) != ORDER)
			return frames_fail(f, "a section in no byte order");
	}
	if (frames_u16(f, p + BLOCK_HEAD + 4) != 1)
		return frames_fail(f, "a version of pcapng that nobody knows");
	f->n_interfaces = 0;
	return FRAMES_FRAME;
}

static enum frames_result next_block(struct frames *f, struct block *b)
{
	const uint8_t *p = stream_need(&f->stream, BLOCK_HEAD);
	enum frames_result r;
	uint32_t len;

	if (!p)
		return frames_short(f);
	if (frames_u32(f, p) == BLOCK_SECTION) {
		p = stream_need(&f->stream, SECTION_HEAD);
		r = p ? begin_section(f, p) : frames_short(f);
		if (r != FRAMES_FRAME)
			return r;
	}
	b->type = frames_u32(f, p);
	len = frames_u32(f, p + 4);
	if (len < BLOCK_LEAST || len > BLOCK_MOST || len % 4)
		return frames_fail(f, "a block that cannot be one");
	p = stream_need(&f->stream, len);
	if (!p)
		return frames_short(f);
	if (frames_u32(f, p + len - 4) != len)
		return frames_fail(f, "a block's two lengths differ");
	b->body = p + BLOCK_HEAD;
	b->len = len - BLOCK_LEAST;
	stream_pass(&f->stream, len);
	return FRAMES_FRAME;
}

/* ------------------------------------------------------------- interfaces */

static void read_options(const struct frames *f, const struct block *b,
			 struct frames_if *i)
{
	const uint8_t *p = b->body + IF_HEAD, *end = b->body + b->len;

	while (end - p >= 4) {
		uint16_t code = frames_u16(f, p), len = frames_u16(f, p + 2);

		p += 4;
		if (!code || end - p < len)
			return;
		if (code == OPTION_TSRESOL && len == 1)
			i->tsresol = *p;
		if (code == OPTION_TSOFFSET && len == 8)
			i->offset_s = frames_u64(f, p);
		p += (len + 3) & ~3;
		if (p > end)
			return;
	}
}

static enum frames_result add_interface(struct frames *f, const struct block *b)
{
	uint32_t n = f->n_interfaces;
	struct frames_if i = {.tsresol = MICROSECONDS}, *all;

	if (b->len < IF_HEAD)
		return frames_fail(f, "an interface that is cut short");
	i.dlt = frames_dlt(frames_u16(f, b->body));
	i.snaplen = frames_u32(f, b->body + 4);
	read_options(f, b, &i);
	if (!(n & (n - 1))) { /* full, of a power of two */
		all = realloc(f->interface, (n ? 2u * n : 1) * sizeof(*all));
		if (!all)
			return frames_fail(f, "out of memory");
		f->interface = all;
	}
	f->interface[n] = i;
	f->n_interfaces++;
	return FRAMES_FRAME;
}

static uint64_t power_of_ten(unsigned n)
{
	uint64_t v = 1;

	while (n--)
		v *= 10;
	return v;
}

__extension__ typedef unsigned __int128 wide;

/* Ticks of an interface's clock as nanoseconds since 1970. */
static uint64_t to_ns(const struct frames_if *i, uint64_t ticks)
{
	enum { BINARY = 0x80, NANOSECONDS = 9, MOST_TEN = 19, MOST_TWO = 63 };
	const uint64_t second = UINT64_C(1000000000);
	unsigned n = i->tsresol & (BINARY - 1);
	uint64_t per_s, s, ns;

	if (i->tsresol & BINARY)
		per_s = UINT64_C(1) << (n < MOST_TWO ? n : MOST_TWO);
	else
		per_s = power_of_ten(n < MOST_TEN ? n : MOST_TEN);
	s = ticks / per_s + i->offset_s;
	ns = (uint64_t)((wide)(ticks % per_s) * second / per_s);
	if (s >= UINT64_MAX / second)
		s = UINT64_MAX / second - 1;
	return s * second + ns;
}

/* ---------------------------------------------------------------- packets */

/* Where a block of packets has what; all but the simple one have a time. */
static const struct layout {
	uint32_t type;
	uint8_t caplen, len; /* offsets in the body */
	uint8_t data;
	bool narrow; /* the interface's number is of 16 bits */
} layouts[] = {
	{BLOCK_PACKET, 12, 16, 20, false},
	{BLOCK_OLD_PACKET, 12, 16, 20, true},
	{BLOCK_SIMPLE, 0, 0, 4, false},
};

static const struct layout *layout_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static enum frames_result read_packet(struct frames *f, const struct block *b,
				      const struct layout *l,
				      struct frame *frame)
{
	const struct frames_if *i;
	uint32_t id = 0;

	if (b->len < l->data)
		return frames_fail(f, "a packet's block that is cut short");
	if (l->type != BLOCK_SIMPLE)
		id = l->narrow ? frames_u16(f, b->body)
			       : frames_u32(f, b->body);
	if (id >= f->n_interfaces)
		return frames_fail(f, "a packet of an interface that there "
				      "is not");
	i = &f->interface[id];
	*frame = (struct frame){
		.data = b->body + l->data,
		.caplen = frames_u32(f, b->body + l->caplen),
		.len = frames_u32(f, b->body + l->len),
		.dlt = i->dlt,
	};
	if (l->type == BLOCK_SIMPLE) {
		frame->caplen = least(frame->len, b->len - l->data);
		if (i->snaplen)
			frame->caplen = least(frame->caplen, i->snaplen);
	} else {
		frame->time_ns =
			to_ns(i, (uint64_t)frames_u32(f, b->body + 4) << 32 |
					 frames_u32(f, b->body + 8));
	}
	if (frame->caplen > FRAMES_MOST || frame->caplen > b->len - l->data)
		return frames_fail(f, "a packet that is longer than its block");
	return FRAMES_FRAME;
}

static enum frames_result pcapng_next(struct frames *f, struct frame *frame)
{
	enum frames_result r;
	struct block b;

	while ((r = next_block(f, &b)) == FRAMES_FRAME) {
		const struct layout *l = layout_of(b.type);

		if (l)
			return read_packet(f, &b, l, frame);
		if (b.type == BLOCK_INTERFACE)
			r = add_interface(f, &b);
		if (r != FRAMES_FRAME)
			break;
	}
	return r;
}

/* The file's header reaches to its first interface. */
enum frames_result frames_open_pcapng(struct frames *f)
{
	enum frames_result r = FRAMES_FRAME;
	struct block b;

	f->next = pcapng_next;
	while (r == FRAMES_FRAME && !f->n_interfaces) {
		r = next_block(f, &b);
		if (r == FRAMES_FRAME && layout_of(b.type))
			return frames_fail(f, "a packet before any interface");
		if (r == FRAMES_FRAME && b.type == BLOCK_INTERFACE)
			r = add_interface(f, &b);
	}
	return r == FRAMES_END ? FRAMES_CUT : r;
}
