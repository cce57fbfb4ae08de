/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A window of the file's own bytes, and a codec that unpacks from it, ahead of
 * whoever reads. */
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/ahead.h"

enum { WINDOW = 1 << 18, MAGIC_LEN = 4 };

struct source {
	int fd;
	const struct codec *codec;
	const char *fault;   /* for good */
	bool eof;            /* the file has no more */
	bool inside;         /* a compressed stream has begun, not ended */
	bool full;           /* the codec filled what it was given */
	_Atomic uint64_t in; /* bytes read */
	uint64_t size;       /* of the file; 0: unknown */
	uint8_t *buf;        /* WINDOW bytes: the unread are at..n */
	size_t at, n;
	z_stream gzip;
	ZSTD_DStream *zstd;

	/* the reader's; what is above is the unpacking thread's, if any */
	struct ahead *ahead;
	bool failed; /* @fault may be looked at */
	struct progress progress;
};

/* @unpack makes up to @len bytes from the window, which may be empty, and
 * says whether the data was good. Plain files have none. */
struct codec {
	const char *cut; /* the fault of a stream that just stops */
	bool (*init)(struct source *s);
	void (*fini)(struct source *s);
	bool (*unpack)(struct source *s, void *out, size_t len, size_t *made);
};

static bool plain_init(struct source *s)
{
	(void)s;
	return true;
}

static void plain_fini(struct source *s)
{
	(void)s;
}

static bool gzip_init(struct source *s)
{
	enum { LARGEST_WINDOW = 15, GZIP_HEADER = 16 };

	return inflateInit2(&s->gzip, LARGEST_WINDOW + GZIP_HEADER) == Z_OK;
}

static void gzip_fini(struct source *s)
{
	inflateEnd(&s->gzip);
}

static bool gzip_unpack(struct source *s, void *out, size_t len, size_t *made)
{
	z_stream *z = &s->gzip;
	int got;

	/* one after another: members, as gzip -c a b writes them */
	if (!s->inside && inflateReset(z) != Z_OK)
		return false;
	z->next_in = s->buf + s->at;
	z->avail_in = (uInt)(s->n - s->at);
	z->next_out = out;
	z->avail_out = (uInt)len;
	got = inflate(z, Z_NO_FLUSH);
	if (got != Z_OK && got != Z_STREAM_END && got != Z_BUF_ERROR) {
		s->fault = z->msg ? z->msg : "bad gzip data";
		return false;
	}
	*made = len - z->avail_out;
	s->at = s->n - z->avail_in;
	s->inside = got != Z_STREAM_END;
	return true;
}

static bool zstd_init(struct source *s)
{
	s->zstd = ZSTD_createDStream();
	return s->zstd;
}

static void zstd_fini(struct source *s)
{
	ZSTD_freeDStream(s->zstd);
}

static bool zstd_unpack(struct source *s, void *out, size_t len, size_t *made)
{
	ZSTD_inBuffer in = {s->buf, s->n, s->at};
	ZSTD_outBuffer to = {out, len, 0};
	size_t got = ZSTD_decompressStream(s->zstd, &to, &in);

	if (ZSTD_isError(got)) {
		s->fault = ZSTD_getErrorName(got);
		return false;
	}
	*made = to.pos;
	s->at = in.pos;
	s->inside = got;
	return true;
}

static const struct codec plain = {
	.init = plain_init,
	.fini = plain_fini,
};
static const struct codec gzip = {
	.cut = "the gzip stream is cut short",
	.init = gzip_init,
	.fini = gzip_fini,
	.unpack = gzip_unpack,
};
static const struct codec zstd = {
	.cut = "the zstd stream is cut short",
	.init = zstd_init,
	.fini = zstd_fini,
	.unpack = zstd_unpack,
};

static const struct codec *codec_of(const uint8_t *magic, size_t n)
{
	uint32_t le;

	if (n >= 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return &gzip;
	if (n < MAGIC_LEN)
		return &plain;
	le = (uint32_t)magic[0] | (uint32_t)magic[1] << 8 |
	     (uint32_t)magic[2] << 16 | (uint32_t)magic[3] << 24;
	if (le == ZSTD_MAGICNUMBER ||
	    (le & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START)
		return &zstd;
	return &plain;
}

/* read(2), where nobody need wait for a pipe that nobody needs. */
static ssize_t read_or_end(int fd, void *to, size_t len)
{
	ssize_t got;
	int was;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &was);
	do
		got = read(fd, to, len);
	while (got < 0 && errno == EINTR);
	pthread_setcancelstate(was, NULL);
	return got;
}

/* The same with its end and its faults noted. -1: fault. */
static ssize_t read_some(struct source *s, void *to, size_t len)
{
	ssize_t got;

	if (s->eof)
		return 0;
	got = read_or_end(s->fd, to, len);
	if (got < 0) {
		s->fault = strerrordesc_np(errno);
		return -1;
	}
	s->eof = !got;
	atomic_fetch_add_explicit(&s->in, (uint64_t)got, memory_order_relaxed);
	return got;
}

/* Empties the window, then copies past it. */
static ssize_t plain_read(struct source *s, void *out, size_t len)
{
	size_t n = s->n - s->at;

	if (!n)
		return read_some(s, out, len);
	if (n > len)
		n = len;
	memcpy(out, s->buf + s->at, n);
	s->at += n;
	return (ssize_t)n;
}

/* Bytes unpacked, 0 at the end, -1 with a fault. */
static ssize_t packed_read(void *ctx, void *out, size_t len)
{
	struct source *s = ctx;
	size_t made = 0;

	while (!made) {
		if (s->at == s->n && !s->full) {
			ssize_t got = read_some(s, s->buf, WINDOW);

			if (got < 0)
				return -1;
			if (!got && s->inside)
				s->fault = s->codec->cut;
			if (!got)
				return s->inside ? -1 : 0;
			s->at = 0;
			s->n = (size_t)got;
		}
		if ((s->inside || s->at < s->n) &&
		    !s->codec->unpack(s, out, len, &made))
			return -1;
		s->full = made == len;
	}
	return (ssize_t)made;
}

ssize_t source_read(struct source *s, void *out, size_t len)
{
	ssize_t got;

	if (s->failed)
		return -1;
	got = s->ahead ? ahead_read(s->ahead, out, len)
		       : plain_read(s, out, len);
	s->failed = got < 0;
	progress_tell(&s->progress,
		      atomic_load_explicit(&s->in, memory_order_relaxed),
		      s->size);
	return got;
}

void source_close(struct source *s)
{
	ahead_free(s->ahead);
	if (s->codec)
		s->codec->fini(s);
	if (s->fd != STDIN_FILENO)
		close(s->fd);
	free(s->buf);
	free(s);
}

/* Opens the file and reads enough of it to know its codec. */
static int begin(struct source *s, const char *path, struct capture_error *err)
{
	const struct codec *codec;
	struct stat st;

	s->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				  : STDIN_FILENO;
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return capture_fail(err, "%s: %s", path,
				    strerrordesc_np(errno));
	if (S_ISREG(st.st_mode))
		s->size = (uint64_t)st.st_size;
	while (s->n < MAGIC_LEN && !s->eof) {
		ssize_t got = read_some(s, s->buf + s->n, WINDOW - s->n);

		if (got < 0)
			return capture_fail(err, "%s: %s", path, s->fault);
		s->n += (size_t)got;
	}
	codec = codec_of(s->buf, s->n);
	if (!codec->init(s))
		return capture_fail(err, "%s: out of memory", path);
	s->codec = codec;
	if (codec->unpack)
		s->ahead = ahead_new(packed_read, s);
	if (codec->unpack && !s->ahead)
		return capture_fail(err, "%s: no thread to unpack it", path);
	return 0;
}

struct source *source_open(const char *path, struct progress progress,
			   struct capture_error *err)
{
	struct source *s = calloc(1, sizeof(*s));
	uint8_t *buf = malloc(WINDOW);

	if (!s || !buf) {
		capture_fail(err, "%s: out of memory", path);
		free(buf);
		free(s);
		return NULL;
	}
	s->fd = -1;
	s->buf = buf;
	s->progress = progress;
	if (begin(s, path, err) < 0) {
		source_close(s);
		return NULL;
	}
	return s;
}

const char *source_fault(const struct source *s)
{
	return s->failed ? s->fault : NULL;
}

bool source_packed(const struct source *s)
{
	return s->codec->unpack;
}
