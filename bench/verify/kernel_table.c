/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ctnetlink by libmnl: libnetfilter_conntrack does not tell the identifier of
 * an ICMP query's answer, and that is what NAT changes. */
#include "verify/kernel_table.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 1 << 16, ATTRS = 64 };

struct kernel_table {
	struct mnl_socket *socket;
	unsigned seq;
	char buffer[BUFFER];
};

/* Attributes by type; those that are not there are NULL. */
struct attrs {
	const struct nlattr *of[ATTRS];
};

struct each {
	void (*fn)(void *ctx, const struct nat_conntrack *ct);
	void *ctx;
};

struct kernel_table *kernel_table_open(void)
{
	struct kernel_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->socket = mnl_socket_open(NETLINK_NETFILTER);
	if (t->socket && !mnl_socket_bind(t->socket, 0, MNL_SOCKET_AUTOPID))
		return t;
	kernel_table_close(t);
	return NULL;
}

void kernel_table_close(struct kernel_table *t)
{
	if (t->socket)
		(void)mnl_socket_close(t->socket);
	free(t);
}

static int take_attr(const struct nlattr *a, void *ctx)
{
	struct attrs *to = ctx;

	if (mnl_attr_get_type(a) < ATTRS)
		to->of[mnl_attr_get_type(a)] = a;
	return MNL_CB_OK;
}

static struct attrs nested(const struct nlattr *a)
{
	struct attrs inner = {.of = {NULL}};

	if (a)
		(void)mnl_attr_parse_nested(a, take_attr, &inner);
	return inner;
}

static void take_bytes(const struct nlattr *a, void *to, size_t len)
{
	if (a && mnl_attr_get_payload_len(a) >= len)
		memcpy(to, mnl_attr_get_payload(a), len);
}

static uint32_t u32_of(const struct nlattr *a)
{
	uint32_t be = 0;

	take_bytes(a, &be, sizeof(be));
	return ntohl(be);
}

static uint64_t u64_of(const struct nlattr *a)
{
	uint64_t be = 0;

	take_bytes(a, &be, sizeof(be));
	return be64toh(be);
}

static uint16_t zone_of(const struct nlattr *a)
{
	uint16_t be = 0;

	take_bytes(a, &be, sizeof(be));
	return ntohs(be);
}

/* Ports, or identifier with type and code, where a protocol has them. */
static void take_ids(const struct attrs *a, struct nat_tuple *t)
{
	uint8_t *type = (uint8_t *)&t->dst_id;

	take_bytes(a->of[CTA_PROTO_SRC_PORT], &t->src_id, 2);
	take_bytes(a->of[CTA_PROTO_DST_PORT], &t->dst_id, 2);
	take_bytes(a->of[CTA_PROTO_ICMP_ID], &t->src_id, 2);
	take_bytes(a->of[CTA_PROTO_ICMPV6_ID], &t->src_id, 2);
	take_bytes(a->of[CTA_PROTO_ICMP_TYPE], type, 1);
	take_bytes(a->of[CTA_PROTO_ICMP_CODE], type + 1, 1);
	take_bytes(a->of[CTA_PROTO_ICMPV6_TYPE], type, 1);
	take_bytes(a->of[CTA_PROTO_ICMPV6_CODE], type + 1, 1);
}

static void take_tuple(const struct nlattr *from, const struct nlattr *zone,
		       uint8_t family, struct nat_tuple *t)
{
	struct attrs a = nested(from);
	struct attrs ip = nested(a.of[CTA_TUPLE_IP]);
	struct attrs proto = nested(a.of[CTA_TUPLE_PROTO]);

	t->family = family == AF_INET6 ? 6 : 4;
	take_bytes(ip.of[CTA_IP_V4_SRC], &t->src, 4);
	take_bytes(ip.of[CTA_IP_V4_DST], &t->dst, 4);
	take_bytes(ip.of[CTA_IP_V6_SRC], &t->src, 16);
	take_bytes(ip.of[CTA_IP_V6_DST], &t->dst, 16);
	take_bytes(proto.of[CTA_PROTO_NUM], &t->proto, 1);
	take_ids(&proto, t);
	t->zone = zone_of(a.of[CTA_TUPLE_ZONE] ? a.of[CTA_TUPLE_ZONE] : zone);
}

static void take_counters(const struct nlattr *from, struct nat_conntrack *ct,
			  enum nat_dir dir)
{
	struct attrs a = nested(from);

	ct->packets[dir] = u64_of(a.of[CTA_COUNTERS_PACKETS]);
	ct->bytes[dir] = u64_of(a.of[CTA_COUNTERS_BYTES]);
	ct->acct = from;
}

static void take_protoinfo(const struct nlattr *from, struct nat_conntrack *ct)
{
	struct attrs info = nested(from);
	struct attrs tcp = nested(info.of[CTA_PROTOINFO_TCP]);
	struct attrs sctp = nested(info.of[CTA_PROTOINFO_SCTP]);

	take_bytes(tcp.of[CTA_PROTOINFO_TCP_STATE], &ct->tcp_state, 1);
	take_bytes(sctp.of[CTA_PROTOINFO_SCTP_STATE], &ct->sctp_state, 1);
	take_bytes(sctp.of[CTA_PROTOINFO_SCTP_VTAG_ORIGINAL],
		   &ct->sctp_vtag[NAT_ORIGINAL], 4);
	take_bytes(sctp.of[CTA_PROTOINFO_SCTP_VTAG_REPLY],
		   &ct->sctp_vtag[NAT_REPLY], 4);
}

static int take_message(const struct nlmsghdr *h, void *ctx)
{
	const struct nfgenmsg *msg = mnl_nlmsg_get_payload(h);
	const struct each *each = ctx;
	struct attrs a = {.of = {NULL}};
	struct nat_conntrack ct;

	(void)mnl_attr_parse(h, sizeof(*msg), take_attr, &a);
	memset(&ct, 0, sizeof(ct)); /* tuples are compared as bytes */
	take_tuple(a.of[CTA_TUPLE_ORIG], a.of[CTA_ZONE], msg->nfgen_family,
		   &ct.tuple[NAT_ORIGINAL]);
	take_tuple(a.of[CTA_TUPLE_REPLY], a.of[CTA_ZONE], msg->nfgen_family,
		   &ct.tuple[NAT_REPLY]);
	take_counters(a.of[CTA_COUNTERS_ORIG], &ct, NAT_ORIGINAL);
	take_counters(a.of[CTA_COUNTERS_REPLY], &ct, NAT_REPLY);
	ct.status = (uint16_t)u32_of(a.of[CTA_STATUS]);
	ct.timeout_s = u32_of(a.of[CTA_TIMEOUT]);
	ct.mark = u32_of(a.of[CTA_MARK]);
	take_protoinfo(a.of[CTA_PROTOINFO], &ct);
	each->fn(each->ctx, &ct);
	return MNL_CB_OK;
}

static struct nlmsghdr *begin(struct kernel_table *t, uint16_t flags,
			      uint8_t family)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(t->buffer);
	struct nfgenmsg *msg;

	h->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++t->seq;
	msg = mnl_nlmsg_put_extra_header(h, sizeof(*msg));
	*msg = (struct nfgenmsg){.nfgen_family = family};
	return h;
}

static int ask(struct kernel_table *t, const struct nlmsghdr *h,
	       struct each *each)
{
	unsigned port = mnl_socket_get_portid(t->socket);
	ssize_t n = mnl_socket_sendto(t->socket, h, h->nlmsg_len);
	int more = MNL_CB_OK;

	while (n >= 0 && more == MNL_CB_OK) {
		n = mnl_socket_recvfrom(t->socket, t->buffer, BUFFER);
		if (n < 0)
			break;
		more = mnl_cb_run(t->buffer, (size_t)n, t->seq, port,
				  take_message, each);
	}
	return n < 0 || more < 0 ? -errno : 0;
}

int kernel_table_each(struct kernel_table *t,
		      void (*fn)(void *ctx, const struct nat_conntrack *ct),
		      void *ctx)
{
	struct each each = {fn, ctx};
	const struct nlmsghdr *h = begin(t, NLM_F_DUMP, AF_UNSPEC);

	return ask(t, h, &each);
}

static void put_ip(struct nlmsghdr *h, const struct nat_tuple *t)
{
	struct nlattr *ip = mnl_attr_nest_start(h, CTA_TUPLE_IP);
	bool six = t->family == 6;

	mnl_attr_put(h, six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, six ? 16 : 4,
		     &t->src);
	mnl_attr_put(h, six ? CTA_IP_V6_DST : CTA_IP_V4_DST, six ? 16 : 4,
		     &t->dst);
	mnl_attr_nest_end(h, ip);
}

static void put_proto(struct nlmsghdr *h, const struct nat_tuple *t)
{
	struct nlattr *proto = mnl_attr_nest_start(h, CTA_TUPLE_PROTO);
	const uint8_t *type = (const uint8_t *)&t->dst_id;
	bool six = t->proto == IPPROTO_ICMPV6;

	mnl_attr_put_u8(h, CTA_PROTO_NUM, t->proto);
	if (t->proto == IPPROTO_ICMP || six) {
		mnl_attr_put_u16(h,
				 six ? CTA_PROTO_ICMPV6_ID : CTA_PROTO_ICMP_ID,
				 t->src_id);
		mnl_attr_put_u8(
			h, six ? CTA_PROTO_ICMPV6_TYPE : CTA_PROTO_ICMP_TYPE,
			type[0]);
		mnl_attr_put_u8(
			h, six ? CTA_PROTO_ICMPV6_CODE : CTA_PROTO_ICMP_CODE,
			type[1]);
	} else {
		mnl_attr_put_u16(h, CTA_PROTO_SRC_PORT, t->src_id);
		mnl_attr_put_u16(h, CTA_PROTO_DST_PORT, t->dst_id);
	}
	mnl_attr_nest_end(h, proto);
}

static void take_one(void *ctx, const struct nat_conntrack *ct)
{
	*(struct nat_conntrack *)ctx = *ct;
}

int kernel_table_find(struct kernel_table *t, const struct nat_tuple *orig,
		      struct nat_conntrack *ct)
{
	struct each each = {take_one, ct};
	struct nlmsghdr *h =
		begin(t, NLM_F_ACK, orig->family == 6 ? AF_INET6 : AF_INET);
	struct nlattr *tuple = mnl_attr_nest_start(h, CTA_TUPLE_ORIG);

	put_ip(h, orig);
	put_proto(h, orig);
	mnl_attr_nest_end(h, tuple);
	if (orig->zone)
		mnl_attr_put_u16(h, CTA_ZONE, htons(orig->zone));
	return ask(t, h, &each);
}
