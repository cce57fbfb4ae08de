/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libpcap's dumper on a sink. */
#include "capture/writer.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/sink.h"

enum { SNAPLEN = 262144, NS_PER_S = 1000000000 };

struct capture_writer {
	struct sink *sink;
	FILE *file; /* the dumper's, once there is one */
	pcap_dumper_t *dumper;
	pcap_t *pcap;
};

static void writer_close(struct capture_writer *w)
{
	if (w->dumper)
		pcap_dump_close(w->dumper);
	else if (w->file)
		fclose(w->file);
	if (w->pcap)
		pcap_close(w->pcap);
}

struct capture_writer *writer_open(const char *path, struct capture_error *err)
{
	struct capture_writer *w = calloc(1, sizeof(*w));

	if (!w)
		goto no_memory;
	w->pcap = pcap_open_dead_with_tstamp_precision(
		DLT_RAW, SNAPLEN, PCAP_TSTAMP_PRECISION_NANO);
	if (!w->pcap)
		goto no_memory;
	w->file = sink_open(path, &w->sink, err);
	if (!w->file) {
		writer_close(w);
		free(w);
		return NULL;
	}
	w->dumper = pcap_dump_fopen(w->pcap, w->file);
	if (w->dumper)
		return w;
	w->file = NULL; /* libpcap has closed it */
	capture_fail(err, "%s: %s", path, pcap_geterr(w->pcap));
	writer_discard(w);
	return NULL;
no_memory:
	capture_fail(err, "%s: out of memory", path);
	free(w);
	return NULL;
}

int writer_put(struct capture_writer *w, uint64_t time_ns, const uint8_t *data,
	       uint32_t len)
{
	struct pcap_pkthdr h = {
		.ts = {.tv_sec = (time_t)(time_ns / NS_PER_S),
		       .tv_usec = (suseconds_t)(time_ns % NS_PER_S)},
		.caplen = len,
		.len = len,
	};

	pcap_dump((u_char *)w->dumper, &h, data);
	return ferror(w->file) ? -1 : 0;
}

struct sink *writer_end(struct capture_writer *w)
{
	struct sink *s = w->sink;

	writer_close(w);
	free(w);
	return s;
}

int writer_commit(struct capture_writer *w, struct capture_error *err)
{
	return sink_commit(writer_end(w), err);
}

void writer_discard(struct capture_writer *w)
{
	sink_discard(writer_end(w));
}
