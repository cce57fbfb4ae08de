/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Files are the same that have the same inode or, before there are any, the
 * same name. */
#include "cli/places.h"

#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

static bool is_stream(const struct place *p)
{
	return !strcmp(p->path, "-");
}

static bool same_file(const char *a, const char *b)
{
	struct stat is, other;

	if (stat(a, &is))
		return !strcmp(a, b);
	return S_ISREG(is.st_mode) && !stat(b, &other) &&
	       is.st_dev == other.st_dev && is.st_ino == other.st_ino;
}

static bool clash(const struct place *a, const struct place *b)
{
	if (!a->path || !b->path)
		return false;
	if (is_stream(a) || is_stream(b))
		return is_stream(a) && is_stream(b) && a->written == b->written;
	return (a->written || b->written) && same_file(a->path, b->path);
}

bool places_differ(const struct place *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < i; k++) {
			if (!clash(&p[i], &p[k]))
				continue;
			cli_complain("%s %s: %s is %s there", p[i].option,
				     p[i].path, p[k].option,
				     p[k].written ? "written" : "read");
			return false;
		}
	}
	return true;
}
