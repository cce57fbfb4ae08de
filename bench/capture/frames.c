/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pcap, after draft-ietf-opsawg-pcap, and which of the two a file is. */
#include "capture/frames.h"

#include <stdlib.h>

enum { MAGIC = 4, FILE_HEADER = 24 };

#define PCAPNG UINT32_C(0x0a0d0d0a) /* the same in either order */

static const struct magic {
	uint32_t magic;
	uint32_t ns_per_tick;
	uint8_t record_header;
} magics[] = {
	{0xa1b2c3d4, 1000, 16},
	{0xa1b23c4d, 1, 16},
	{0xa1b2cd34, 1000, 24}, /* a patched libpcap of old Linux */
};

static enum frames_result pcap_next(struct frames *f, struct frame *frame)
{
	const uint64_t second = UINT64_C(1000000000);
	const uint8_t *h = stream_need(&f->stream, f->record_header);
	uint64_t ns;

	if (!h)
		return frames_short(f);
	ns = (uint64_t)frames_u32(f, h + 4) * f->ns_per_tick;
	*frame = (struct frame){
		.time_ns = frames_u32(f, h) * second + (ns < second ? ns : 0),
		.caplen = frames_u32(f, h + 8),
		.len = frames_u32(f, h + 12),
		.dlt = f->dlt,
	};
	/* before version 2.3, and sometimes in it, they were exchanged */
	if (f->minor < 3 || (f->minor == 3 && frame->caplen > frame->len)) {
		uint32_t n = frame->caplen;

		frame->caplen = frame->len;
		frame->len = n;
	}
	stream_pass(&f->stream, f->record_header);
	if (frame->caplen > FRAMES_MOST)
		return frames_fail(f, "a record is too long to be one");
	frame->data = stream_need(&f->stream, frame->caplen);
	if (!frame->data)
		return f->stream.no_memory ? frames_short(f) : FRAMES_CUT;
	stream_pass(&f->stream, frame->caplen);
	return FRAMES_FRAME;
}

static enum frames_result open_pcap(struct frames *f)
{
	const uint8_t *h = stream_need(&f->stream, FILE_HEADER);

	if (!h)
		return frames_short(f);
	if (frames_u16(f, h + 4) != 2)
		return frames_fail(f, "a version of pcap that nobody knows");
	f->minor = frames_u16(f, h + 6);
	f->dlt = frames_dlt(frames_u32(f, h + 20));
	f->next = pcap_next;
	stream_pass(&f->stream, FILE_HEADER);
	return FRAMES_FRAME;
}

static const struct magic *find_magic(uint32_t v)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (magics[i].magic == v)
			return &magics[i];
	return NULL;
}

enum frames_result frames_open(struct frames *f, struct source *source)
{
	const struct magic *m;
	const uint8_t *p;
	uint32_t v;

	*f = (struct frames){.stream.source = source};
	p = stream_need(&f->stream, MAGIC);
	if (!p)
		return frames_short(f);
	v = frames_u32(f, p);
	if (v == PCAPNG)
		return frames_open_pcapng(f);
	m = find_magic(v);
	f->swapped = !m;
	if (!m)
		m = find_magic(frames_u32(f, p));
	if (!m)
		return frames_fail(f, "unknown file format");
	f->ns_per_tick = m->ns_per_tick;
	f->record_header = m->record_header;
	return open_pcap(f);
}

void frames_free(struct frames *f)
{
	stream_free(&f->stream);
	free(f->interface);
	f->interface = NULL;
}
