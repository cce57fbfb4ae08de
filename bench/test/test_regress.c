/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What once diverged, pcaps/regress/INDEX: against the kernel at hand, where
 * there is one, and everywhere against what the core made of it when the kernel
 * last agreed, pcaps/regress/EXPECTED. RECORD=1 in the environment writes that
 * file anew, unless the kernel is not there to agree. */
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "capture/reader.h"
#include "cli/cli.h"
#include "explain/notation.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"

#define REGRESS  NATBENCH_SOURCE_DIR "/pcaps/regress/"
#define SCENARIO NATBENCH_SOURCE_DIR "/scenarios/"

enum { WORD = 48, LINE = 2048, PATH = 256, MOST_IFS = 8 };

/* A line of the index. */
struct row {
	char name[WORD], scenario[WORD], exception[WORD];
	unsigned family;
};

static bool parse(const char *text, struct row *r)
{
	return sscanf(text, "%47[^\t]\t%47[^\t]\t%u\t%47[^\t]\t", r->name,
		      r->scenario, &r->family, r->exception) == 4 &&
	       (r->family == 4 || r->family == 6);
}

static void add(char line[LINE], const char *word, const char *path)
{
	size_t n = strlen(line);

	assert_true((size_t)snprintf(line + n, LINE - n, " %s%s", word, path) <
		    LINE - n);
}

static void add_rules(char line[LINE], const struct row *r, unsigned family)
{
	char path[PATH];

	(void)snprintf(path, sizeof(path), SCENARIO "%s/rules.v%u", r->scenario,
		       family);
	if (!access(path, R_OK))
		add(line, family == 6 ? "-6 " : "-r ", path);
}

/* NAME-IF.pcap: enters by IF. How many there are. */
static size_t add_captures(char line[LINE], const struct row *r)
{
	char pattern[PATH], option[PATH];
	size_t n = 0;
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), REGRESS "%s-*.pcap", r->name);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
	if (!glob(pattern, 0, NULL, &found))
		n = found.gl_pathc;
	for (size_t i = 0; i < n; i++) {
		const char *iface = strrchr(found.gl_pathv[i], '-') + 1;

		(void)snprintf(option, sizeof(option),
			       "-i %.*s=", (int)strcspn(iface, "."), iface);
		add(line, option, found.gl_pathv[i]);
	}
	globfree(&found);
	return n;
}

static json_int_t count(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void check(const struct row *r, const char *line,
		  const struct outcome *got)
{
	json_t *o = json_loads(got->out, 0, NULL);
	const json_t *exceptions = json_object_get(o, "exceptions");
	bool excepted = strcmp(r->exception, "-") != 0;

	/* of so few packets any exception is more than may be */
	if (!o || count(o, "packets") <= 0 || count(o, "divergences") ||
	    (got->status != CLI_OK && !excepted))
		fail_msg("%s: verify %s: exit %d: %s%s", r->name, line,
			 got->status, got->err, got->out);
	if (excepted && count(exceptions, r->exception) <= 0)
		fail_msg("%s: not counted as %s: %s", r->name, r->exception,
			 got->out);
	json_decref(o);
}

/* The scenario and what enters it. */
static void begin(char line[LINE], const struct row *r)
{
	(void)snprintf(line, LINE, "-T " SCENARIO "%s/topology.ip",
		       r->scenario);
	add_rules(line, r, 4);
	add_rules(line, r, 6);
	if (!add_captures(line, r))
		fail_msg("%s: has no capture", r->name);
}

static void each_row(void (*play)(const struct row *r, void *arg), void *arg)
{
	FILE *in = fopen(REGRESS "INDEX", "re");
	char text[LINE];
	size_t n = 0;

	assert_non_null(in);
	while (fgets(text, sizeof(text), in)) {
		struct row r;

		if (text[0] == '#')
			continue;
		if (!parse(text, &r))
			fail_msg("INDEX: %s", text);
		play(&r, arg);
		n++;
	}
	(void)fclose(in);
	assert_true(n > 0);
}

/* --------------------------------------------------------------- the kernel */

static bool kernel_agreed;

static void verify(const struct row *r, void *arg)
{
	static struct outcome got;
	char line[LINE];

	(void)arg;
	begin(line, r);
	add(line, "--json - --compare-every ", "1");
	if (!strncmp(r->exception, "nft_", 4))
		add(line, "--iptables ", "nft");
	run_command(cmd_verify, line, &got);
	if (got.status == CLI_ERROR && strstr(got.err, "missing: ")) {
		print_message("SKIPPED: %s", got.err);
		skip();
	}
	check(r, line, &got);
}

static void test_kernel(void **state)
{
	(void)state;
	each_row(verify, NULL);
	kernel_agreed = true;
}

/* ------------------------------------------------------- what was recorded */

static struct nat_topology *topology_of(const struct row *r)
{
	struct nat_topology *t;
	struct nat_error err;
	char path[PATH];
	uint8_t *text;
	size_t len;

	(void)snprintf(path, sizeof(path), SCENARIO "%s/topology.ip",
		       r->scenario);
	text = read_file(path, &len);
	t = nat_topology_parse((const char *)text, len, &err);
	assert_non_null(t);
	free(text);
	return t;
}

/* The sum over a packet but for what a sender may choose: its number, and the
 * sum over that. */
static unsigned long sum_of(const struct capture_record *rec)
{
	uint8_t p[NOTATION_MAX];

	memcpy(p, rec->data, rec->len);
	if (p[0] >> 4 == 4) {
		memset(p + 4, 0, 2);
		memset(p + 10, 0, 2);
	} else if (p[6] == 44 && rec->len >= 48) {
		memset(p + 44, 0, 4);
	}
	return crc32(0, p, rec->len);
}

/* What left by one interface, a line each. */
static void tell_packets(FILE *out, const char *path, const char *iface)
{
	struct capture_error err;
	struct capture_reader *in =
		reader_open(path, (struct progress){0}, &err);
	struct capture_record rec;
	char text[LINE];
	int got;

	assert_non_null(in);
	while ((got = reader_next(in, &rec, &err)) > 0) {
		assert_true(notation_print(rec.data, rec.len, NOTATION_BRIEF,
					   text, sizeof(text)) > 0);
		(void)fprintf(out, "%s %08lx %s\n", iface, sum_of(&rec), text);
	}
	assert_int_equal(got, 0);
	reader_close(in);
}

static void tell_file(FILE *out, const char *path)
{
	size_t len;
	uint8_t *text = read_file(path, &len);

	(void)fwrite(text, 1, len, out);
	free(text);
}

/* Packets that left, in order of the interfaces, and the table. */
static void replay(const struct row *r, void *arg)
{
	static struct outcome got;
	struct nat_topology *t = topology_of(r);
	unsigned n = nat_topology_n_ifs(t);
	char line[LINE], option[PATH];
	FILE *out = arg;

	begin(line, r);
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(option, sizeof(option), "-w %s=@%s",
			       nat_topology_if_name(t, i),
			       nat_topology_if_name(t, i));
		add(line, "", option);
	}
	add(line, "--conntrack ", "@table");
	run_command(cmd_replay, line, &got);
	if (got.status != CLI_OK)
		fail_msg("%s: replay %s: %s", r->name, line, got.err);
	(void)fprintf(out, "\n%s\n", r->name);
	for (unsigned i = 0; i < n; i++) {
		const char *iface = nat_topology_if_name(t, i);

		tell_packets(out, scratch_path(iface), iface);
	}
	tell_file(out, scratch_path("table"));
	nat_topology_free(t);
}

static const char about[] =
	"# What the core makes of the captures of INDEX, recorded by "
	"test_regress "
	"when\n# natbench verify had found no difference to the kernel: "
	"packets "
	"that leave, by\n# interface, with a sum of their bytes (numbers of "
	"datagrams aside), and the table.\n";

/* The first line in which they differ. */
static void compare(const char *want, const char *got)
{
	char name[LINE] = "";

	while (*want && *got) {
		int w = (int)strcspn(want, "\n"), g = (int)strcspn(got, "\n");

		if (w != g || strncmp(want, got, (size_t)w) != 0)
			fail_msg("%s: recorded was\n%.*s\nbut is\n%.*s", name,
				 w, want, g, got);
		if (!w)
			(void)snprintf(name, sizeof(name), "%.*s",
				       (int)strcspn(want + 1, "\n"), want + 1);
		want += w + !!want[w];
		got += g + !!got[g];
	}
	if (*want || *got)
		fail_msg("%s: recorded ends with '%s', but is '%s'; "
			 "CONTRIBUTING.md: A divergence",
			 name, want, got);
}

static void test_recorded(void **state)
{
	char *got, *want;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	(void)state;
	assert_non_null(out);
	(void)fputs(about, out);
	each_row(replay, out);
	assert_int_equal(fclose(out), 0);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
	if (getenv("RECORD") && kernel_agreed)
		write_file(REGRESS "EXPECTED", got, len);
	want = (char *)read_file(REGRESS "EXPECTED", &len);
	compare(want, got);
	free(want);
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
