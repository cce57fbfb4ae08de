/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A child whose three streams are files in memory: nobody waits for a pipe. */
#include "verify/tool.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN, OUT, ERR, N_STREAMS };

static const char sbin[] = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin";

void tool_path(void)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
	const char *own = getenv("PATH");
	char path[1536];

	if (own && (size_t)snprintf(path, sizeof(path), "%s:%s", own, sbin) <
			   sizeof(path))
		own = path;
	else
		own = sbin;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
	(void)setenv("PATH", own, 1);
	/* rules in a namespace of our own need no lock that all share */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
	(void)setenv("XTABLES_LOCKFILE", "/dev/null", 1);
}

bool tool_there(const char *name)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
	const char *path = getenv("PATH");
	char file[1536];

	while (path && *path) {
		int len = (int)strcspn(path, ":");

		(void)snprintf(file, sizeof(file), "%.*s/%s", len, path, name);
		if (!access(file, X_OK))
			return true;
		path += len;
		path += *path == ':';
	}
	return false;
}

static int fail(struct nat_error *err, const char *name, const char *why)
{
	err->line = 0;
	(void)snprintf(err->text, sizeof(err->text), "%s: %s", name, why);
	return -1;
}

/* All that was written to @fd; NULL: no memory. */
static char *contents(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = size < 0 ? NULL : malloc((size_t)size + 1);
	ssize_t n;

	if (!text)
		return NULL;
	n = pread(fd, text, (size_t)size, 0);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static bool write_all(int fd, struct text in)
{
	while (in.len) {
		ssize_t n = write(fd, in.at, in.len);

		if (n <= 0)
			return false;
		in.at += n;
		in.len -= (size_t)n;
	}
	return !lseek(fd, 0, SEEK_SET);
}

static bool open_streams(int fd[N_STREAMS], struct text in)
{
	for (int i = 0; i < N_STREAMS; i++)
		fd[i] = memfd_create("natbench", MFD_CLOEXEC);
	return fd[IN] >= 0 && fd[OUT] >= 0 && fd[ERR] >= 0 &&
	       write_all(fd[IN], in);
}

/* The exit status; -1 and errno: it did not run. */
static int run(const char *const argv[], const int fd[N_STREAMS])
{
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;

	errno = posix_spawn_file_actions_init(&actions);
	if (errno)
		return -1;
	for (int i = 0; i < N_STREAMS; i++)
		(void)posix_spawn_file_actions_adddup2(&actions, fd[i], i);
	/* the prototype has no const, the function changes nothing */
	errno = posix_spawnp(&pid, argv[0], &actions, NULL,
			     (char *const *)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (errno)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int complaint(struct nat_error *err, const char *name, int fd)
{
	char *text = contents(fd);

	if (!text)
		return fail(err, name, "out of memory");
	text[strcspn(text, "\n")] = '\0';
	(void)fail(err, name, *text ? text : "failed");
	free(text);
	return -1;
}

int tool_run(const char *const argv[], struct text in, char **out,
	     struct nat_error *err)
{
	int fd[N_STREAMS], status, rc = 0;

	if (!open_streams(fd, in))
		rc = fail(err, argv[0], strerrordesc_np(errno));
	if (!rc) {
		status = run(argv, fd);
		if (status < 0)
			rc = fail(err, argv[0], strerrordesc_np(errno));
		else if (status)
			rc = complaint(err, argv[0], fd[ERR]);
	}
	if (!rc && out) {
		*out = contents(fd[OUT]);
		if (!*out)
			rc = fail(err, argv[0], "out of memory");
	}
	for (int i = 0; i < N_STREAMS; i++)
		if (fd[i] >= 0)
			(void)close(fd[i]);
	return rc;
}
