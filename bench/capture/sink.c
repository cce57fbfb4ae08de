/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A stdio stream into a codec into a file with two names. */
#define ZLIB_CONST /* the input is */
#include "capture/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { BUFFER = 1 << 18 };

struct sink {
	int fd;
	const struct codec *codec;
	const char *fault; /* the first; sticky */
	const char *name;  /* the caller's, for messages */
	char *path;        /* where it goes, links followed */
	char *temporary;   /* NULL: written directly */
	uint8_t *out;      /* BUFFER bytes, what the codec makes */
	z_stream gzip;
	ZSTD_CStream *zstd;
};

/* pack: all of @in goes in; @end: nothing more will. */
struct codec {
	const char *suffix;
	bool (*init)(struct sink *s);
	void (*fini)(struct sink *s);
	void (*pack)(struct sink *s, const void *in, size_t len, bool end);
};

static void write_all(struct sink *s, const uint8_t *p, size_t len)
{
	while (len && !s->fault) {
		ssize_t n = write(s->fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			s->fault = strerrordesc_np(errno);
			return;
		}
		p += n;
		len -= (size_t)n;
	}
}

static bool plain_init(struct sink *s)
{
	(void)s;
	return true;
}

static void plain_fini(struct sink *s)
{
	(void)s;
}

static void plain_pack(struct sink *s, const void *in, size_t len, bool end)
{
	(void)end;
	write_all(s, in, len);
}

static bool gzip_init(struct sink *s)
{
	enum { LARGEST_WINDOW = 15, GZIP_HEADER = 16, MEMORY = 8 };

	return deflateInit2(&s->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
			    LARGEST_WINDOW + GZIP_HEADER, MEMORY,
			    Z_DEFAULT_STRATEGY) == Z_OK;
}

static void gzip_fini(struct sink *s)
{
	deflateEnd(&s->gzip);
}

static void gzip_pack(struct sink *s, const void *in, size_t len, bool end)
{
	z_stream *z = &s->gzip;

	z->next_in = in;
	z->avail_in = (uInt)len;
	do {
		z->next_out = s->out;
		z->avail_out = BUFFER;
		if (deflate(z, end ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR) {
			s->fault = "gzip failed";
			return;
		}
		write_all(s, s->out, BUFFER - z->avail_out);
	} while (!z->avail_out && !s->fault);
}

static bool zstd_init(struct sink *s)
{
	s->zstd = ZSTD_createCStream();
	return s->zstd;
}

static void zstd_fini(struct sink *s)
{
	ZSTD_freeCStream(s->zstd);
}

static void zstd_pack(struct sink *s, const void *in, size_t len, bool end)
{
	ZSTD_inBuffer from = {in, len, 0};
	ZSTD_outBuffer to;
	size_t left;

	do {
		to = (ZSTD_outBuffer){s->out, BUFFER, 0};
		left = ZSTD_compressStream2(s->zstd, &to, &from,
					    end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left)) {
			s->fault = ZSTD_getErrorName(left);
			return;
		}
		write_all(s, s->out, to.pos);
	} while ((from.pos < len || (end && left)) && !s->fault);
}

static const struct codec codecs[] = {
	{".gz", gzip_init, gzip_fini, gzip_pack},
	{".zst", zstd_init, zstd_fini, zstd_pack},
	{"", plain_init, plain_fini, plain_pack}, /* the last fits all */
};

static const struct codec *codec_of(const char *path)
{
	const struct codec *c = codecs;
	size_t len = strlen(path), n;

	while ((n = strlen(c->suffix)) > len ||
	       strcmp(path + len - n, c->suffix) != 0)
		c++;
	return c;
}

/* stdio takes 0 for an error, never less. */
static ssize_t cookie_write(void *cookie, const char *p, size_t len)
{
	struct sink *s = cookie;

	if (!s->fault)
		s->codec->pack(s, p, len, false);
	if (s->fault)
		errno = EIO;
	return s->fault ? 0 : (ssize_t)len;
}

static int cookie_close(void *cookie)
{
	struct sink *s = cookie;

	if (!s->fault)
		s->codec->pack(s, NULL, 0, true);
	s->codec->fini(s);
	s->codec = NULL;
	if (s->fd != STDOUT_FILENO && close(s->fd) && !s->fault)
		s->fault = strerrordesc_np(errno);
	return s->fault ? -1 : 0;
}

static void sink_free(struct sink *s)
{
	free(s->temporary);
	free(s->path);
	free(s->out);
	free(s);
}

/* A new file beside @s->path. Names that are taken are passed over: another
 * process of ours, or what a killed one left. */
static int open_temporary(struct sink *s)
{
	enum { TRIES = 100, FILE_MODE = 0666 }; /* less the umask */

	for (int i = 0; i < TRIES; i++) {
		if (asprintf(&s->temporary, "%s.part%d", s->path, i) < 0) {
			s->temporary = NULL;
			errno = ENOMEM;
			return -1;
		}
		s->fd = open(s->temporary,
			     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     FILE_MODE);
		if (s->fd >= 0 || errno != EEXIST)
			break;
		free(s->temporary);
		s->temporary = NULL;
	}
	return s->fd < 0 ? -1 : 0;
}

/* 0, or -1 and errno. */
static int open_file(struct sink *s)
{
	struct stat st;
	bool there;

	if (!strcmp(s->name, "-")) {
		s->fd = STDOUT_FILENO;
		return 0;
	}
	there = !stat(s->name, &st);
	if (there && !S_ISREG(st.st_mode)) {
		s->fd = open(s->name, O_WRONLY | O_CLOEXEC);
		return s->fd < 0 ? -1 : 0;
	}
	s->path = there ? realpath(s->name, NULL) : strdup(s->name);
	return s->path ? open_temporary(s) : -1;
}

/* As sink_commit() would find it after a failure, but with the file open. */
static void abandon(struct sink *s)
{
	if (s->fd > STDOUT_FILENO)
		close(s->fd);
	sink_discard(s);
}

FILE *sink_open(const char *path, struct sink **sink, struct capture_error *err)
{
	const cookie_io_functions_t io = {
		.write = cookie_write,
		.close = cookie_close,
	};
	const struct codec *codec = codec_of(path);
	struct sink *s = calloc(1, sizeof(*s));
	FILE *f = NULL;

	if (!s)
		goto no_memory;
	s->fd = -1;
	s->name = path;
	s->out = malloc(BUFFER);
	if (!s->out || !codec->init(s)) {
		abandon(s);
		goto no_memory;
	}
	s->codec = codec;
	if (open_file(s) < 0) {
		capture_fail(err, "%s: %s", path, strerrordesc_np(errno));
		codec->fini(s);
		abandon(s);
		return NULL;
	}
	f = fopencookie(s, "w", io);
	if (!f) {
		codec->fini(s);
		abandon(s);
		goto no_memory;
	}
	setvbuf(f, NULL, _IOFBF, BUFFER);
	__fsetlocking(f, FSETLOCKING_BYCALLER);
	*sink = s;
	return f;
no_memory:
	capture_fail(err, "%s: out of memory", path);
	return NULL;
}

int sink_check(const struct sink *s, struct capture_error *err)
{
	return s->fault ? capture_fail(err, "%s: %s", s->name, s->fault) : 0;
}

int sink_commit(struct sink *s, struct capture_error *err)
{
	int ret;

	if (!s->fault && s->temporary && rename(s->temporary, s->path) < 0)
		s->fault = strerrordesc_np(errno);
	ret = sink_check(s, err);
	if (ret && s->temporary)
		unlink(s->temporary);
	sink_free(s);
	return ret;
}

void sink_discard(struct sink *s)
{
	if (s->temporary && s->fd >= 0)
		unlink(s->temporary);
	sink_free(s);
}
