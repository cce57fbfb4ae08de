/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Made as a person would make it: devices, settings, ip -batch,
 * iptables-restore. */
#include "verify/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verify/kernel_quiet.h"
#include "verify/kernel_table.h"
#include "verify/namespace.h"

enum {
	LONGEST = 65535 + 1,
	ROOM = 1 << 21, /* bytes that may leave because of one packet */
};

struct kernel {
	struct kernel_config cfg;
	struct kernel_table *table;
	int *tun; /* by interface; -1: lo, which is there already */
	unsigned n_ifs;
	struct pollfd *poll;
	bool *spoke; /* of its own accord */
	uint64_t reports;
	struct sent sent[SENT_MOST];
	size_t n;
	uint32_t used;
	uint8_t bytes[ROOM];
};

static int fail(struct nat_error *err, const char *what, int error)
{
	err->line = 0;
	(void)snprintf(err->text, sizeof(err->text), "%s: %s", what,
		       strerrordesc_np(error));
	return -1;
}

/* iptables-legacy-restore and its kin. */
static const char *program(const struct kernel_config *cfg, unsigned family,
			   bool save)
{
	static const char *const name[2][2][2] = {
		{{"iptables-legacy-restore", "iptables-legacy-save"},
		 {"iptables-nft-restore", "iptables-nft-save"}},
		{{"ip6tables-legacy-restore", "ip6tables-legacy-save"},
		 {"ip6tables-nft-restore", "ip6tables-nft-save"}},
	};

	return name[family == 6][cfg->nft][save];
}

static void missing(struct nat_error *err, const char *what, const char *why)
{
	size_t n = strlen(err->text);

	(void)snprintf(err->text + n, sizeof(err->text) - n, "%s%s (%s)",
		       n ? ", " : "missing: ", what, why);
}

/* How many connections there may be is one number for all namespaces, and not
 * ours to change. */
static bool wants_limit(const struct kernel_config *cfg)
{
	struct nat_sysctl usual;

	nat_sysctl_defaults(&usual);
	return cfg->sysctl && cfg->sysctl->max != usual.max;
}

int kernel_check(const struct kernel_config *cfg, struct nat_error *err)
{
	static const char path[] = "/dev/net/tun";
	const char *tool[] = {
		"ip",
		cfg->rules.at ? program(cfg, 4, false) : NULL,
		cfg->rules.at ? program(cfg, 4, true) : NULL,
		cfg->rules6.at ? program(cfg, 6, false) : NULL,
		cfg->rules6.at ? program(cfg, 6, true) : NULL,
	};
	int fd = open(path, O_RDWR | O_CLOEXEC), entered;

	*err = (struct nat_error){.line = 0};
	if (wants_limit(cfg))
		missing(err, "nf_conntrack_max of its own",
			"all namespaces share one");
	if (fd < 0)
		missing(err, path, strerrordesc_np(errno));
	else
		(void)close(fd);
	tool_path();
	for (size_t i = 0; i < sizeof(tool) / sizeof(tool[0]); i++)
		if (tool[i] && !tool_there(tool[i]))
			missing(err, tool[i], "not installed");
	entered = namespace_enter();
	if (entered)
		missing(err, "CAP_NET_ADMIN or user namespaces",
			strerrordesc_np(-entered));
	return *err->text ? -1 : 0;
}

static int set_up(int sock, const char *name, struct nat_error *err)
{
	struct ifreq r = {.ifr_flags = 0};

	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (!ioctl(sock, SIOCGIFFLAGS, &r)) {
		r.ifr_flags |= IFF_UP;
		if (!ioctl(sock, SIOCSIFFLAGS, &r))
			return 0;
	}
	return fail(err, name, errno);
}

/* Nothing that leaves because of one packet may be lost. */
static int set_queue(int sock, const char *name, struct nat_error *err)
{
	struct ifreq r = {.ifr_qlen = SENT_MOST};

	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return ioctl(sock, SIOCSIFTXQLEN, &r) ? fail(err, name, errno) : 0;
}

static int make_tun(const char *name, struct nat_error *err)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return fail(err, "/dev/net/tun", errno);
	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (!ioctl(fd, TUNSETIFF, &r))
		return fd;
	(void)fail(err, name, errno);
	(void)close(fd);
	return -1;
}

static int make_devices(struct kernel *k, struct nat_error *err)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;

	if (sock < 0)
		return fail(err, "socket", errno);
	rc = set_up(sock, "lo", err);
	for (unsigned i = 0; !rc && i < k->n_ifs; i++) {
		const char *name = nat_topology_if_name(k->cfg.topology, i);

		k->poll[i] = (struct pollfd){.fd = -1, .events = POLLIN};
		if (!strcmp(name, "lo"))
			continue;
		k->tun[i] = make_tun(name, err);
		k->poll[i].fd = k->tun[i];
		if (k->tun[i] < 0 || set_queue(sock, name, err) ||
		    set_up(sock, name, err))
			rc = -1;
	}
	(void)close(sock);
	return rc;
}

static int restore(const struct kernel *k, unsigned family, struct text rules,
		   struct nat_error *err)
{
	const char *const argv[] = {program(&k->cfg, family, false),
				    "--noflush", "--counters", NULL};

	return rules.at ? tool_run(argv, rules, NULL, err) : 0;
}

static bool is_ipv6_line(const char *line, size_t len)
{
	return len > 3 && !memcmp(line, "-6 ", 3);
}

/* The lines of the topology that begin with -6, without that, or the others. */
static char *batch_lines(struct text topology, bool v6, size_t *len)
{
	const char *at = topology.at, *end = at + topology.len;
	char *out = malloc(topology.len + 1);

	for (*len = 0; out && at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop + 1 : end) - at);
		size_t skip = v6 ? 3 : 0;

		if (is_ipv6_line(at, n) == v6) {
			memcpy(out + *len, at + skip, n - skip);
			*len += n - skip;
		}
		at += n;
	}
	return out;
}

/* ip takes a family in front of a whole batch alone. */
static int load_topology(const struct kernel *k, bool v6, struct nat_error *err)
{
	static const char *const batch[] = {"ip", "-batch", "-", NULL};
	static const char *const batch6[] = {"ip", "-6", "-batch", "-", NULL};
	struct text lines;
	char *copy = batch_lines(k->cfg.topology_text, v6, &lines.len);
	int rc = copy ? 0 : fail(err, "topology", ENOMEM);

	lines.at = copy;
	if (!rc && lines.len)
		rc = tool_run(v6 ? batch6 : batch, lines, NULL, err);
	free(copy);
	return rc;
}

static void drain(struct kernel *k)
{
	for (unsigned i = 0; i < k->n_ifs; i++) {
		uint8_t *to = k->bytes + k->used;
		ssize_t n;

		while (k->tun[i] >= 0 && k->n < SENT_MOST &&
		       ROOM - k->used >= LONGEST &&
		       (n = read(k->tun[i], to, LONGEST)) > 0) {
			if (kernel_chatter(to, (uint32_t)n)) {
				k->spoke[i] = true;
				k->reports++;
				continue;
			}
			k->sent[k->n++] = (struct sent){
				.data = to,
				.len = (uint32_t)n,
				.out_if = (uint16_t)i,
			};
			k->used += (uint32_t)n;
			to += n;
		}
	}
}

static bool all_spoke(const struct kernel *k)
{
	for (unsigned i = 0; i < k->n_ifs; i++)
		if (k->tun[i] >= 0 && !k->spoke[i])
			return false;
	return true;
}

/* What IPv6 devices say when they come up is not for any rule to count. */
static void settle(struct kernel *k)
{
	enum { QUIET_MS = 32, PATIENCE = 8 };
	unsigned quiet = 0;

	if (!kernel_has_ipv6(&k->cfg))
		return;
	while (!quiet || (quiet < PATIENCE && !all_spoke(k))) {
		quiet++;
		if (poll(k->poll, k->n_ifs, QUIET_MS) > 0) {
			quiet = 0;
			drain(k);
		}
	}
}

static int load_files(struct kernel *k, struct nat_error *err)
{
	if (load_topology(k, false, err) || load_topology(k, true, err))
		return -1;
	settle(k);
	if (restore(k, 4, k->cfg.rules, err) ||
	    restore(k, 6, k->cfg.rules6, err))
		return -1;
	return 0;
}

static int allocate(struct kernel *k, struct nat_error *err)
{
	k->n_ifs = nat_topology_n_ifs(k->cfg.topology);
	k->tun = malloc(k->n_ifs * sizeof(*k->tun));
	k->poll = calloc(k->n_ifs, sizeof(*k->poll));
	k->spoke = calloc(k->n_ifs, sizeof(*k->spoke));
	for (unsigned i = 0; k->tun && i < k->n_ifs; i++)
		k->tun[i] = -1;
	return k->tun && k->poll && k->spoke ? 0
					     : fail(err, "namespace", ENOMEM);
}

struct kernel *kernel_new(const struct kernel_config *cfg,
			  struct nat_error *err)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int rc;

	if (!k) {
		(void)fail(err, "namespace", ENOMEM);
		return NULL;
	}
	k->cfg = *cfg;
	rc = allocate(k, err);
	if (!rc && (errno = -namespace_enter()))
		rc = fail(err, "namespace", errno);
	if (!rc)
		rc = kernel_quiet(cfg, err);
	if (!rc)
		rc = make_devices(k, err);
	if (!rc)
		rc = load_files(k, err);
	if (!rc && !(k->table = kernel_table_open()))
		rc = fail(err, "ctnetlink", errno);
	if (!rc) { /* what the devices said when they came up */
		(void)kernel_wait(k, 0);
		k->reports = 0;
	}
	if (rc) {
		kernel_free(k);
		return NULL;
	}
	return k;
}

void kernel_free(struct kernel *k)
{
	if (!k)
		return;
	for (unsigned i = 0; k->tun && i < k->n_ifs; i++)
		if (k->tun[i] >= 0)
			(void)close(k->tun[i]);
	if (k->table)
		kernel_table_close(k->table);
	free(k->tun);
	free(k->poll);
	free(k->spoke);
	free(k);
}

uint64_t kernel_reports(struct kernel *k)
{
	uint64_t n;

	(void)kernel_wait(k, 0);
	n = k->reports;
	k->reports = 0;
	return n;
}

size_t kernel_play(struct kernel *k, uint16_t in_if, const uint8_t *data,
		   uint32_t len)
{
	k->n = 0;
	k->used = 0;
	/* what TUN refuses has no IP version: dropped, then */
	if (write(k->tun[in_if], data, len) >= 0)
		drain(k);
	return k->n;
}

size_t kernel_wait(struct kernel *k, int ms)
{
	size_t before;

	do {
		before = k->n;
		(void)poll(k->poll, k->n_ifs, ms);
		drain(k);
	} while (k->n > before);
	return k->n;
}

const struct sent *kernel_sent(const struct kernel *k)
{
	return k->sent;
}

int kernel_each(struct kernel *k,
		void (*fn)(void *ctx, const struct nat_conntrack *ct),
		void *ctx)
{
	return kernel_table_each(k->table, fn, ctx);
}

int kernel_find(struct kernel *k, const struct nat_tuple *t,
		struct nat_conntrack *ct)
{
	return kernel_table_find(k->table, t, ct);
}

char *kernel_rules(struct kernel *k, unsigned family, const char *table,
		   struct nat_error *err)
{
	const char *const argv[] = {program(&k->cfg, family, true), "-c",
				    table ? "-t" : NULL, table, NULL};
	char *out = NULL;

	return tool_run(argv, (struct text){.len = 0}, &out, err) ? NULL : out;
}
