/* SPDX-License-Identifier: BSD-2-Clause
 * Names of the TCP tracker's vocabulary, and what its sysctls come to. */
#include "pure/tcp_track.h"

/* The one timeout without a sysctl. */
enum { SYN_SENT2_S = 120 };

/* The order of the questions is the kernel's (spec 5.6). */
static uint32_t cut_timeout(const struct nat_sysctl *s, uint32_t timeout,
			    unsigned cut)
{
	if (cut & TCP_CUT_RETRANS && timeout > s->tcp_timeout_max_retrans)
		return s->tcp_timeout_max_retrans;
	if (cut & TCP_CUT_RST)
		return s->tcp_timeout_close;
	if (cut & TCP_CUT_UNACK && timeout > s->tcp_timeout_unacknowledged)
		return s->tcp_timeout_unacknowledged;
	if (cut & TCP_CUT_CLOSED && timeout > s->tcp_timeout_max_retrans)
		return s->tcp_timeout_max_retrans;
	return timeout;
}

void tcp_rules_init(struct tcp_rules *r, const struct nat_sysctl *s)
{
	const uint32_t timeout[TCP_N_STATES] = {
		[TCPS_SYN_SENT] = s->tcp_timeout_syn_sent,
		[TCPS_SYN_RECV] = s->tcp_timeout_syn_recv,
		[TCPS_ESTABLISHED] = s->tcp_timeout_established,
		[TCPS_FIN_WAIT] = s->tcp_timeout_fin_wait,
		[TCPS_CLOSE_WAIT] = s->tcp_timeout_close_wait,
		[TCPS_LAST_ACK] = s->tcp_timeout_last_ack,
		[TCPS_TIME_WAIT] = s->tcp_timeout_time_wait,
		[TCPS_CLOSE] = s->tcp_timeout_close,
		[TCPS_SYN_SENT2] = SYN_SENT2_S,
	};
	unsigned cut;

	*r = (struct tcp_rules){
		.timeout_unack = ticks_of_s(s->tcp_timeout_unacknowledged),
		.max_retrans = s->tcp_max_retrans,
		.loose = s->tcp_loose,
		.liberal = s->tcp_be_liberal,
		.ignore_invalid_rst = s->tcp_ignore_invalid_rst,
	};
	for (unsigned i = 0; i < TCP_N_STATES; i++)
		for (cut = 0; cut < TCP_N_CUTS; cut++)
			r->timeout[i][cut] =
				ticks_of_s(cut_timeout(s, timeout[i], cut));
	cut = s->tcp_max_retrans ? 0 : TCP_CUT_RETRANS;
	r->ordinary[false] = r->timeout[TCPS_ESTABLISHED][cut];
	r->ordinary[true] = r->timeout[TCPS_ESTABLISHED][cut | TCP_CUT_UNACK];
}

bool tcp_flags_valid(uint8_t flags)
{
	switch (flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG)) {
	case TCP_SYN:
	case TCP_SYN | TCP_URG:
	case TCP_SYN | TCP_ACK:
	case TCP_RST:
	case TCP_RST | TCP_ACK:
	case TCP_FIN | TCP_ACK:
	case TCP_FIN | TCP_ACK | TCP_URG:
	case TCP_ACK:
	case TCP_ACK | TCP_URG:
		return true;
	default:
		return false;
	}
}

const char *tcp_state_name(enum tcp_state state)
{
	static const char *const name[TCP_N_STATES] = {
#define X(name) #name,
		TCP_STATES(X)
#undef X
	};

	return name[state];
}

const char *tcp_why_text(enum tcp_why why)
{
	static const char *const text[TCP_N_WHYS] = {
#define X(id, verdict, text) text,
		TCP_WHYS(X)
#undef X
	};

	return text[why];
}
