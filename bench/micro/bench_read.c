/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading captures from the page cache, packet by packet: formats, small
 * packets and large. An iteration is a packet; bytes are those of the capture
 * once unpacked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/gen.h"
#include "capture/reader.h"
#include "capture/writer.h"
#include "gbench.h"

enum {
	CAPTURE_BYTES = 64 << 20,
	FLOW_PACKETS = 16,
	ROUND = 64,
	RAW_IP = 101, /* link type */
	PATH_ROOM = 64,
};

struct format {
	const char *suffix; /* of the file's name */
	bool (*write)(const char *path, struct gen *g);
};

static bool write_pcap(const char *path, struct gen *g)
{
	struct capture_error err;
	struct capture_writer *w = writer_open(path, &err);
	struct capture_record rec;

	while (w && gen_next(g, &rec))
		(void)writer_put(w, rec.time_ns, rec.data, rec.len);
	return w && !writer_commit(w, &err);
}

/* A pcapng block around @body and, if it is a packet's, @data. */
static void put_block(FILE *out, uint32_t type, const uint32_t *body,
		      uint32_t body_len, const uint8_t *data, uint32_t len)
{
	static const uint8_t padding[3];
	uint32_t pad = -len % 4, total = 12 + body_len + len + pad;
	const uint32_t head[2] = {type, total};

	(void)fwrite(head, sizeof(head), 1, out);
	(void)fwrite(body, body_len, 1, out);
	(void)fwrite(data, 1, len, out);
	(void)fwrite(padding, 1, pad, out);
	(void)fwrite(&total, sizeof(total), 1, out);
}

static bool write_pcapng(const char *path, struct gen *g)
{
	const uint32_t section[] = {0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX};
	const uint32_t interface[] = {RAW_IP, 0};
	static const uint8_t none[1];
	struct capture_record rec;
	FILE *out = fopen(path, "w");

	if (!out)
		return false;
	put_block(out, 0x0a0d0d0a, section, sizeof(section), none, 0);
	put_block(out, 1, interface, sizeof(interface), none, 0);
	while (gen_next(g, &rec)) {
		uint64_t us = rec.time_ns / 1000;
		const uint32_t packet[] = {0, (uint32_t)(us >> 32),
					   (uint32_t)us, rec.len, rec.len};

		put_block(out, 6, packet, sizeof(packet), rec.data, rec.len);
	}
	return !fclose(out);
}

static bool make_capture(const struct format *f, uint32_t frame_size,
			 const char *path)
{
	struct gen_config cfg = gen_defaults();
	struct capture_error err;
	struct gen *g;
	bool made;

	cfg.frame_size = frame_size;
	cfg.packets = CAPTURE_BYTES / frame_size;
	cfg.flows = cfg.packets / FLOW_PACKETS;
	g = gen_new(&cfg, &err);
	made = g && f->write(path, g);
	gen_free(g);
	return made;
}

/* A reader at the capture's beginning, again and again. */
struct again {
	const char *path;
	struct capture_reader *reader;
	uint64_t bytes, packets; /* of all that have ended */
	bool failed;
};

static void begin(struct again *a)
{
	static const struct progress silent;
	struct capture_error err;

	a->reader = reader_open(a->path, silent, &err);
	a->failed = !a->reader;
}

static void end(struct again *a)
{
	if (!a->reader)
		return;
	a->bytes += reader_bytes(a->reader);
	a->packets += reader_stats(a->reader)->frames;
	reader_close(a->reader);
	a->reader = NULL;
}

static void read_packet(struct again *a)
{
	struct capture_record rec;
	struct capture_error err;
	int got = a->failed ? -1 : reader_next(a->reader, &rec, &err);

	gbench_use(rec.data);
	if (got > 0)
		return;
	a->failed |= got < 0;
	end(a);
	if (!a->failed)
		begin(a);
}

static void bench_read(struct gbench *b, const struct format *f)
{
	char directory[] = "/tmp/natbench_read.XXXXXX", path[PATH_ROOM];
	struct again a = {.path = path};

	if (!mkdtemp(directory)) {
		gbench_skip(b, "no folder for a capture");
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/c.%s", directory, f->suffix);
	if (make_capture(f, (uint32_t)gbench_arg(b, 0), path))
		begin(&a);
	while (a.reader && gbench_run(b, ROUND))
		for (int i = 0; i < ROUND; i++)
			read_packet(&a);
	end(&a);
	if (!a.packets || a.failed)
		gbench_skip(b, "the capture cannot be read");
	else
		gbench_bytes(b, a.bytes / a.packets);
	(void)unlink(path);
	(void)rmdir(directory);
}

static void bench_pcap(struct gbench *b)
{
	bench_read(b, &(struct format){"pcap", write_pcap});
}

static void bench_pcapng(struct gbench *b)
{
	bench_read(b, &(struct format){"pcapng", write_pcapng});
}

static void bench_zstd(struct gbench *b)
{
	bench_read(b, &(struct format){"pcap.zst", write_pcap});
}

static void add(const char *name, gbench_fn fn)
{
	struct gbench_case *c = gbench_add(name, fn);

	gbench_args1(c, 64);
	gbench_args1(c, 1518);
	gbench_threads(c, 1); /* by the wall: others unpack */
}

GBENCH(read)
{
	add("read/pcap", bench_pcap);
	add("read/pcapng", bench_pcapng);
	add("read/zstd", bench_zstd);
}
