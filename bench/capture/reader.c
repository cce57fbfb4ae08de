/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The frames of a file, stripped, and the faults told apart. */
#include "capture/reader.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>

#include "capture/frames.h"

struct capture_reader {
	const char *path; /* the caller's */
	struct source *source;
	struct frames frames;
	int dlt; /* found to be supported */
	struct capture_stats stats;
};

/* Of the frame that comes next. */
static int check_link_type(struct capture_reader *r, int dlt,
			   struct capture_error *err)
{
	const char *name = pcap_datalink_val_to_name(dlt);

	if (link_supported(dlt)) {
		r->dlt = dlt;
		return 0;
	}
	return capture_fail(err, "%s: link type %d (%s) is not supported",
			    r->path, dlt, name ? name : "unknown");
}

static int open_frames(struct capture_reader *r, struct capture_error *err)
{
	enum frames_result result = frames_open(&r->frames, r->source);
	const struct stream *s = &r->frames.stream;
	const char *fault = source_fault(r->source);

	if (result == FRAMES_FRAME)
		return check_link_type(r,
				       r->frames.n_interfaces
					       ? r->frames.interface[0].dlt
					       : r->frames.dlt,
				       err);
	if (fault)
		return capture_fail(err, "%s: %s", r->path, fault);
	if (result == FRAMES_FAULT)
		return capture_fail(err, "%s: not a capture (%s)", r->path,
				    r->frames.fault);
	if (!s->before && !s->n)
		return capture_fail(err, "%s: empty, no capture", r->path);
	return capture_fail(err,
			    "%s: ends inside the file header, at byte %" PRIu64,
			    r->path, s->before + s->n);
}

struct capture_reader *reader_open(const char *path, struct progress progress,
				   struct capture_error *err)
{
	struct capture_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		capture_fail(err, "%s: out of memory", path);
		return NULL;
	}
	r->path = path;
	r->source = source_open(path, progress, err);
	if (r->source && !open_frames(r, err))
		return r;
	reader_close(r);
	return NULL;
}

/* No frame came: the end, that of a cut capture, or an error. */
static int judge_end(struct capture_reader *r, enum frames_result result,
		     struct capture_error *err)
{
	const char *fault = source_fault(r->source);

	if (!fault && result == FRAMES_END)
		return 0;
	if (!fault && result == FRAMES_CUT) {
		r->stats.cut_frame = r->stats.frames + 1;
		return 0;
	}
	return capture_fail(
		err, "%s: %s (frame %" PRIu64 ", near byte %" PRIu64 "%s)",
		r->path, fault ? fault : r->frames.fault, r->stats.frames + 1,
		stream_position(&r->frames.stream),
		source_packed(r->source) ? " of the unpacked capture" : "");
}

int reader_next(struct capture_reader *r, struct capture_record *rec,
		struct capture_error *err)
{
	enum frames_result got;
	enum link_result result;
	struct frame frame;
	struct link_ip ip;

	do {
		got = r->frames.next(&r->frames, &frame);
		if (got != FRAMES_FRAME)
			return judge_end(r, got, err);
		if (frame.dlt != r->dlt && check_link_type(r, frame.dlt, err))
			return -1;
		r->stats.frames++;
		result = link_strip(frame.dlt, frame.data, frame.caplen,
				    frame.len, &ip);
		r->stats.result[result]++;
	} while (!link_is_ip(result));
	r->stats.ip_bytes += ip.len;
	*rec = (struct capture_record){
		.data = frame.data + ip.offset,
		.len = ip.len,
		.wire_len = frame.len,
		.time_ns = frame.time_ns,
		.frame = r->stats.frames,
	};
	return 1;
}

const struct capture_stats *reader_stats(const struct capture_reader *r)
{
	return &r->stats;
}

uint64_t reader_bytes(const struct capture_reader *r)
{
	return stream_position(&r->frames.stream);
}

void reader_close(struct capture_reader *r)
{
	if (!r)
		return;
	frames_free(&r->frames);
	if (r->source)
		source_close(r->source);
	free(r);
}
