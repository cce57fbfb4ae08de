/* SPDX-License-Identifier: BSD-2-Clause
 *
 * unshare(), and what a user namespace asks for. */
#include "verify/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

/* The user becomes root of a namespace. */
static int become_root(void)
{
	char uid[64], gid[64];
	int err;

	(void)snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)geteuid());
	(void)snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER))
		return -errno;
	err = put("/proc/self/setgroups", "deny");
	if (!err)
		err = put("/proc/self/uid_map", uid);
	return err ? err : put("/proc/self/gid_map", gid);
}

int namespace_enter(void)
{
	int err;

	if (!unshare(CLONE_NEWNET))
		return 0;
	if (errno != EPERM)
		return -errno;
	err = become_root();
	if (!err && unshare(CLONE_NEWNET))
		err = -errno;
	return err;
}

int namespace_sysctl(const char *name, const char *value)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	return put(path, value);
}
