/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fork(), and the streams into files. */
#include "test/command.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"

static void take(FILE *from, char text[COMMAND_TEXT])
{
	size_t n;

	rewind(from);
	n = fread(text, 1, COMMAND_TEXT - 1, from);
	text[n] = '\0';
	(void)fclose(from);
}

/* Copies @word to @room, '@' replaced; returns behind its NUL. */
static char *expand(char *room, const char *word)
{
	const char *at = strchr(word, '@');

	if (!at)
		return stpcpy(room, word) + 1;
	return room + 1 +
	       sprintf(room, "%.*s%s", (int)(at - word), word,
		       scratch_path(at + 1));
}

/* Cuts a word off *@at; blanks between single quotes belong to it. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " ");
	const char *end = *word == '\'' ? "'" : " ";

	if (!*word)
		return NULL;
	word += *end == '\'';
	*at = word + strcspn(word, end);
	if (**at)
		*(*at)++ = '\0';
	return word;
}

void run_command(int (*cmd)(int argc, char **argv), const char *line,
		 struct outcome *o)
{
	FILE *out = tmpfile(), *err = tmpfile();
	char words[4096], room[8192], *end = room, *at = words;
	char *argv[COMMAND_WORDS + 2] = {end};
	int argc = 1, status;
	pid_t child;

	assert_non_null(out);
	assert_non_null(err);
	end = stpcpy(end, "natbench") + 1;
	(void)snprintf(words, sizeof(words), "%s", line);
	for (char *w; (w = next_word(&at)) && argc < COMMAND_WORDS;) {
		argv[argc++] = end;
		end = expand(end, w);
	}
	(void)fflush(NULL);
	child = fork();
	if (!child) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		optind = 1;
		status = cmd(argc, argv);
		(void)fflush(NULL);
		_exit(status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	o->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	take(out, o->out);
	take(err, o->err);
}

static bool is_one_complaint(const struct outcome *o, const char *says)
{
	const char *newline = strchr(o->err, '\n');

	return o->status == CLI_ERROR && !*o->out && newline && !newline[1] &&
	       !strncmp(o->err, "natbench: ", 10) && strstr(o->err, says);
}

void check_faults(int (*cmd)(int argc, char **argv), const struct fault *rows,
		  size_t n)
{
	static struct outcome got;

	for (size_t i = 0; i < n; i++) {
		size_t before = scratch_count();

		run_command(cmd, rows[i].line, &got);
		if (!is_one_complaint(&got, rows[i].says))
			fail_msg("%s: exit %d, out '%s', err '%s'",
				 rows[i].line, got.status, got.out, got.err);
		if (scratch_count() != before)
			fail_msg("%s: left a file", rows[i].line);
	}
}
