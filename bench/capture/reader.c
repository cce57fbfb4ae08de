/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libpcap over a source, and the faults told apart: libpcap reads nothing but
 * what it needs next, so the stream is at its end exactly where a record is
 * cut, and is not where a record is nonsense. */
#include "capture/reader.h"

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdlib.h>

#include "capture/source.h"

struct capture_reader {
	const char *path; /* the caller's */
	struct source *source;
	FILE *file; /* pcap's, once there is one */
	pcap_t *pcap;
	int dlt;
	struct capture_stats stats;
};

static int check_link_type(const struct capture_reader *r,
			   struct capture_error *err)
{
	const char *name = pcap_datalink_val_to_name(r->dlt);

	if (link_supported(r->dlt))
		return 0;
	return capture_fail(err, "%s: link type %d (%s) is not supported",
			    r->path, r->dlt, name ? name : "unknown");
}

static int open_pcap(struct capture_reader *r, struct capture_error *err)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	const char *fault;

	r->pcap = pcap_fopen_offline_with_tstamp_precision(
		r->file, PCAP_TSTAMP_PRECISION_NANO, text);
	if (r->pcap) {
		r->dlt = pcap_datalink(r->pcap);
		return check_link_type(r, err);
	}
	fault = source_fault(r->source);
	if (fault)
		return capture_fail(err, "%s: %s", r->path, fault);
	if (!feof(r->file))
		return capture_fail(err, "%s: not a capture (%s)", r->path,
				    text);
	if (!ftello(r->file))
		return capture_fail(err, "%s: empty, no capture", r->path);
	return capture_fail(err, "%s: ends inside the file header, at byte %jd",
			    r->path, (intmax_t)ftello(r->file));
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
	r->file = source_open(path, progress, &r->source, err);
	if (r->file && !open_pcap(r, err))
		return r;
	reader_close(r);
	return NULL;
}

/* After a failed read: the end of a cut capture, or an error. */
static int judge_failure(struct capture_reader *r, struct capture_error *err)
{
	const char *fault = source_fault(r->source);

	if (!fault && feof(r->file)) {
		r->stats.cut_frame = r->stats.frames + 1;
		return 0;
	}
	return capture_fail(
		err, "%s: %s (frame %" PRIu64 ", near byte %jd%s)", r->path,
		fault ? fault : pcap_geterr(r->pcap), r->stats.frames + 1,
		(intmax_t)ftello(r->file),
		source_packed(r->source) ? " of the unpacked capture" : "");
}

/* libpcap was asked for nanoseconds; it reads the seconds of old files as
 * signed, and neither part need make sense. */
static uint64_t time_of(const struct pcap_pkthdr *h)
{
	const uint64_t second = UINT64_C(1000000000);
	uint64_t s = (uint64_t)h->ts.tv_sec, ns = (uint64_t)h->ts.tv_usec;

	if (h->ts.tv_sec < 0)
		s = (uint32_t)h->ts.tv_sec;
	if (s >= UINT64_MAX / second)
		s = UINT64_MAX / second - 1;
	return s * second + (ns < second ? ns : 0);
}

int reader_next(struct capture_reader *r, struct capture_record *rec,
		struct capture_error *err)
{
	struct pcap_pkthdr *h;
	const u_char *frame;
	struct link_ip ip;
	enum link_result result;
	int got;

	do {
		got = pcap_next_ex(r->pcap, &h, &frame);
		if (got == PCAP_ERROR_BREAK)
			return 0;
		if (got != 1)
			return judge_failure(r, err);
		r->stats.frames++;
		result = link_strip(r->dlt, frame, h->caplen, h->len, &ip);
		r->stats.result[result]++;
	} while (!link_is_ip(result));
	r->stats.ip_bytes += ip.len;
	*rec = (struct capture_record){
		.data = frame + ip.offset,
		.len = ip.len,
		.wire_len = h->len,
		.time_ns = time_of(h),
		.frame = r->stats.frames,
	};
	return 1;
}

const struct capture_stats *reader_stats(const struct capture_reader *r)
{
	return &r->stats;
}

void reader_close(struct capture_reader *r)
{
	if (!r)
		return;
	if (r->pcap)
		pcap_close(r->pcap);
	else if (r->file)
		fclose(r->file);
	free(r);
}
