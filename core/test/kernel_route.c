/* SPDX-License-Identifier: BSD-2-Clause
 * A namespace of our own, and rtnetlink questions to it. */
#include "kernel_route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

static const struct {
	const char *path, *value;
} settings[] = {
	{"/proc/sys/net/ipv4/ip_forward", "1"},
	{"/proc/sys/net/ipv4/conf/all/rp_filter", "0"},
	{"/proc/sys/net/ipv4/conf/default/rp_filter", "0"},
	{"/proc/sys/net/ipv4/conf/all/send_redirects", "0"},
	{"/proc/sys/net/ipv4/conf/default/send_redirects", "0"},
	{"/proc/sys/net/ipv6/conf/all/forwarding", "1"},
	{"/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"},
};

static int tuns[TOPOLOGY_MAX_IFS];
static size_t n_tuns;

static bool set_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		FILE *f = fopen(settings[i].path, "we");
		bool ok = f && fputs(settings[i].value, f) >= 0;

		if (!f || fclose(f) || !ok)
			return false;
	}
	return true;
}

static bool set_up(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_UP};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ok = sock >= 0 && !ioctl(sock, SIOCSIFFLAGS, &ifr);
	close(sock);
	return ok;
}

static bool tun_make(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	tuns[n_tuns++] = fd;
	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return !ioctl(fd, TUNSETIFF, &ifr) && set_up(name);
}

/* IPv6 addresses take effect a little later. */
static const char settle[] =
	"n=0; while ip -6 addr show tentative | grep -q . && [ $n -lt 100 ];"
	" do sleep 0.02; n=$((n + 1)); done; sleep 0.2";

static bool feed(const char *command, const char *text)
{
	/* NOLINTNEXTLINE(cert-env33-c): a constant of ours */
	FILE *ip = popen(command, "we");

	return ip && fputs(text, ip) >= 0 && !pclose(ip);
}

/* ip has no family in front of a line of a batch, only of the whole. */
static bool load(const char *text)
{
	return feed("sed /^-6/d | ip -batch - ", text) &&
	       feed("sed -n 's/^-6 //p' | ip -6 -batch - ", text);
}

int kernel_enter(const struct nat_topology *t, const char *text,
		 const char **why)
{
	*why = "network namespaces need CAP_SYS_ADMIN";
	if (unshare(CLONE_NEWNET))
		return -1;
	*why = "no sysctls in the namespace";
	if (!set_all() || !set_up("lo"))
		return -1;
	*why = "no TUN devices";
	for (unsigned i = 0; i < nat_topology_n_ifs(t); i++)
		if (!tun_make(nat_topology_if_name(t, i)))
			return -1;
	*why = NULL;
	if (!load(text))
		return -1;
	/* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): of ours */
	if (strchr(text, ':') && system(settle))
		return -1;
	*why = "no rtnetlink";
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

void kernel_leave(int sock)
{
	if (sock >= 0)
		close(sock);
	while (n_tuns)
		close(tuns[--n_tuns]);
}

struct request {
	struct nlmsghdr head;
	struct rtmsg route;
	uint8_t attributes[128];
};

static void put(struct request *r, uint16_t type, const void *data, size_t len)
{
	struct rtattr a = {(uint16_t)RTA_LENGTH(len), type};
	uint8_t *at = (uint8_t *)r + NLMSG_ALIGN(r->head.nlmsg_len);

	memcpy(at, &a, sizeof(a));
	memcpy(at + sizeof(a), data, len);
	r->head.nlmsg_len =
		(uint32_t)(NLMSG_ALIGN(r->head.nlmsg_len) + RTA_LENGTH(len));
}

/* Our devices are made in order, after lo. */
static uint32_t os_index(uint16_t dev)
{
	return dev + 2u;
}

static void read_attribute(struct kernel_answer *a, const struct rtattr *rta,
			   const uint8_t *data)
{
	size_t len = rta->rta_len - sizeof(*rta);
	uint32_t index;

	if (rta->rta_type == RTA_OIF) {
		memcpy(&index, data, sizeof(index));
		a->out_if =
			index > 1 ? (uint16_t)(index - 2) : (uint16_t)NAT_NO_IF;
	} else if (rta->rta_type == RTA_GATEWAY) {
		a->has_gateway = true;
		memcpy(&a->gateway, data, len);
	} else if (rta->rta_type == RTA_PREFSRC) {
		a->has_source = true;
		memcpy(&a->source, data, len);
	}
}

static struct kernel_answer read_answer(const uint8_t *buf)
{
	struct kernel_answer a = {.out_if = NAT_NO_IF};
	struct nlmsghdr head;
	struct nlmsgerr error;
	struct rtmsg route;
	struct rtattr rta;

	memcpy(&head, buf, sizeof(head));
	if (head.nlmsg_type == NLMSG_ERROR) {
		memcpy(&error, buf + NLMSG_HDRLEN, sizeof(error));
		a.error = -error.error;
		return a;
	}
	memcpy(&route, buf + NLMSG_HDRLEN, sizeof(route));
	a.type = route.rtm_type;
	for (size_t at = NLMSG_SPACE(sizeof(route)); at < head.nlmsg_len;
	     at += RTA_ALIGN(rta.rta_len)) {
		memcpy(&rta, buf + at, sizeof(rta));
		read_attribute(&a, &rta, buf + at + sizeof(rta));
	}
	return a;
}

struct kernel_answer kernel_ask(int sock, const struct kernel_question *q)
{
	struct request r = {
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
			 .nlmsg_type = RTM_GETROUTE,
			 .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = q->family == 6 ? AF_INET6 : AF_INET},
	};
	size_t len = q->family == 6 ? 16 : 4;
	uint32_t iif = os_index(q->in_if);
	uint8_t buf[1024] = {0};

	r.route.rtm_dst_len = (uint8_t)(8 * len);
	put(&r, RTA_DST, &q->dst, len);
	if (q->has_source) {
		r.route.rtm_src_len = (uint8_t)(8 * len);
		put(&r, RTA_SRC, &q->src, len);
	}
	if (q->in_if != NAT_NO_IF)
		put(&r, RTA_IIF, &iif, sizeof(iif));
	if (send(sock, &r, r.head.nlmsg_len, 0) < 0 ||
	    recv(sock, buf, sizeof(buf), 0) < 0)
		return (struct kernel_answer){.error = errno};
	return read_answer(buf);
}
