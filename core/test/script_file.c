/* SPDX-License-Identifier: BSD-2-Clause
 * Scripts whose answers were recorded from Linux: data/kernel/NAME.script. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/check.h"
#include "test/script.h"
#include "text/text.h"

static char *read_file(const char *name)
{
	struct text_buffer b = {.s = NULL};
	struct nat_sink sink = text_buffer_sink(&b);
	char path[512], part[4096];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/core/test/data/kernel/%s.script",
		       NATBENCH_SOURCE_DIR, name);
	f = fopen(path, "re");
	if (!f)
		fail_msg("%s is missing", path);
	while ((n = fread(part, 1, sizeof(part), f)))
		sink.put(sink.ctx, part, n);
	(void)fclose(f);
	assert_non_null(b.s);
	return b.s;
}

/* Ends *@text at @mark and returns what is behind it; NULL: there is none. */
static char *cut(char *text, const char *mark)
{
	char *at = strstr(text, mark);

	if (!at)
		return NULL;
	*at = '\0';
	return at + strlen(mark);
}

/* The file's topology, and the lines of @head that begin with a plus, which
 * are taken out of it. */
static char *topology_of(const char *common, char *head)
{
	size_t size = strlen(common) + strlen(head) + 2;
	char *topology = malloc(size);
	size_t n;

	assert_non_null(topology);
	(void)snprintf(topology, size, "%s\n", common);
	for (; !strncmp(head, "+ ", 2);
	     memmove(head, head + n, strlen(head + n) + 1)) {
		n = strcspn(head, "\n") + 1;
		strncat(topology, head + 2, n - 2);
	}
	return topology;
}

static bool holds(const char *common, char *text)
{
	struct script s = {.name = text};
	char *head = cut(text, "\n"), *topology;
	bool ok;

	assert_non_null(head);
	s.text = cut(head, "--\n");
	if (!s.text)
		fail_msg("%s: has no --", s.name);
	topology = topology_of(common, head);
	s.rules = head;
	ok = script_holds(&s, topology);
	free(topology);
	return ok;
}

void script_run_file(const char *name)
{
	char *text = read_file(name), *next = cut(text, "\n== ");
	unsigned n = 0, failed = 0;

	while (next) {
		char *this = next;

		next = cut(this, "\n== ");
		failed += !holds(text, this);
		n++;
	}
	assert_true(n > 0);
	free(text);
	if (failed)
		fail_msg("%u of %u scripts", failed, n);
}
