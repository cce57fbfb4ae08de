/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The files of a replay. Outputs are opened before the work, so that one that
 * cannot be written costs no time, and get their names after it. */
#ifndef NATBENCH_REPLAY_FILES_H
#define NATBENCH_REPLAY_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/sink.h"
#include "capture/store.h"
#include "capture/writer.h"
#include "cli/places.h"
#include "cli/scenario.h"
#include "replay/result.h"
#include "replay/windows.h"

enum { FILES_MOST = 64, INTERFACES_MOST = 256 };

enum { TEXTS = 6 }; /* outputs that are no captures */

/* IF=PATH of the command line. */
struct iface_file {
	const char *iface; /* NULL: none was named */
	const char *path;
	uint16_t index;
	struct capture_writer *writer; /* of an output, while it is open */
};

struct text_output {
	const char *path; /* NULL: not wanted */
	FILE *file;
	struct sink *sink;
};

struct replay_files {
	struct iface_file input[FILES_MOST], output[FILES_MOST];
	unsigned n_inputs, n_outputs;
	bool verbatim;
	bool wanted[INTERFACES_MOST]; /* some output is about it */
	struct place place[2 * FILES_MOST + TEXTS]; /* all of them, and texts */
	struct text_output json, conntrack, events, stats, rules, rules6;
	bool conntrack_extended;
	struct sink
		*sink[FILES_MOST + TEXTS]; /* closed, but not committed yet */
	unsigned n_sinks;
	/* what is read, once that has begun */
	const char *path[FILES_MOST];
	uint16_t iface[FILES_MOST];
	struct capture_summary summary; /* once it is */
};

/* Each complains where it says no. Arguments are taken apart and kept. */
bool replay_files_input(struct replay_files *f, char *arg);
bool replay_files_output(struct replay_files *f, char *arg);
/* What stood behind the options of @command: a capture, unless -i gave some. */
bool replay_files_captures(struct replay_files *f, const char *command, int n,
			   char **arg);

/* 0, or not and complained. */
int replay_files_open(struct replay_files *f, const struct scenario *s);
int replay_files_load(struct replay_files *f, struct store *store);
/* The same window by window: @cfg has the rest. NULL: complained. */
struct windows *replay_files_windows(struct replay_files *f,
				     const struct windows_config *cfg);
/* Writes what lanes have emitted, and logged: for replay_config.collect. */
void replay_files_collect(void *files, const struct lanes *lanes);
int replay_files_save(struct replay_files *f, const struct scenario *s,
		      const struct result *result);
/* After all windows: fills @f->summary. */
void replay_files_summarize(struct replay_files *f, const struct windows *w);
/* Writes @o, a result or NULL for no memory, where --json says, and frees it.
 */
int replay_files_json(const struct replay_files *f, json_t *o);
/* What was written gets its name. */
int replay_files_commit(struct replay_files *f);
/* Whatever was not saved leaves no trace. */
void replay_files_drop(struct replay_files *f);

#endif
