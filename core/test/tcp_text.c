/* SPDX-License-Identifier: BSD-2-Clause
 * Segments written as text: the parser. */
#include "test/tcp_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_option(struct text_segment *s, const uint8_t *bytes, size_t len)
{
	if (s->tcp.options_len + len > sizeof(s->options))
		return false;
	memcpy(s->options + s->tcp.options_len, bytes, len);
	s->tcp.options_len = (uint8_t)(s->tcp.options_len + len);
	return true;
}

static void store32(uint8_t *p, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

/* The number at *@text, which moves behind it and a @delim; false: none. */
static bool take_number(const char **text, char delim, uint32_t *n)
{
	char *end;

	*n = (uint32_t)strtoul(*text, &end, 10);
	if (end == *text)
		return false;
	*text = end + (*end == delim);
	return true;
}

/* "A:B,C:D" */
static bool add_sack(struct text_segment *s, const char *blocks)
{
	uint8_t option[2 + 4 * 8] = {5, 2};

	while (*blocks && option[1] < sizeof(option)) {
		uint32_t left, right;

		if (!take_number(&blocks, ':', &left) ||
		    !take_number(&blocks, ',', &right))
			return false;
		store32(option + option[1], s->peer_origin + left);
		store32(option + option[1] + 4, s->peer_origin + right);
		option[1] = (uint8_t)(option[1] + 8);
	}
	return !*blocks && add_option(s, option, option[1]);
}

/* Options without a value; false: no such word. */
static bool add_plain(struct text_segment *s, const char *word)
{
	static const struct {
		const char *word;
		uint8_t len, bytes[12];
	} plain[] = {
		{"nop", 1, {1}},
		{"sackOK", 2, {4, 2}},
		{"ts", 12, {1, 1, 8, 10}},
	};

	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (!strcmp(word, plain[i].word))
			return add_option(s, plain[i].bytes, plain[i].len);
	return false;
}

static bool add_valued(struct text_segment *s, const char *word,
		       const char *text, uint32_t *payload)
{
	uint32_t n = (uint32_t)strtoul(text, NULL, 10);

	if (!strcmp(word, "ack"))
		s->tcp.ack = n;
	else if (!strcmp(word, "win"))
		s->tcp.win = (uint16_t)n;
	else if (!strcmp(word, "len"))
		*payload = n;
	else if (!strcmp(word, "wscale"))
		return add_option(s, (uint8_t[]){3, 3, (uint8_t)n}, 3);
	else if (!strcmp(word, "mss"))
		return add_option(
			s, (uint8_t[]){2, 4, (uint8_t)(n >> 8), (uint8_t)n}, 4);
	else if (!strcmp(word, "sack"))
		return add_sack(s, text);
	else
		return false;
	return true;
}

static bool parse_flags(uint8_t *flags, const char *text)
{
	static const char letter[] = "FSRPAUEC"; /* from bit 0 */

	for (; *text; text++) {
		const char *at = strchr(letter, *text);

		if (!at)
			return false;
		*flags |= (uint8_t)(1u << (at - letter));
	}
	return true;
}

/* Reads what comes before the words. */
static bool parse_head(struct text_segment *s, const char **text)
{
	char dir, flags[9];
	int used;

	if (sscanf(*text, "%c %8s %n", &dir, flags, &used) != 2)
		return false;
	*text += used;
	s->from_server = dir == '<';
	return (s->from_server || dir == '>') &&
	       parse_flags(&s->tcp.flags, flags) &&
	       take_number(text, ' ', &s->tcp.seq);
}

static bool parse_words(struct text_segment *s, const char *text,
			uint32_t *payload)
{
	char word[16], value[64];
	int used;

	for (; sscanf(text, " %15s%n", word, &used) == 1; text += used) {
		if (add_plain(s, word))
			continue;
		text += used;
		if (sscanf(text, " %63s%n", value, &used) != 1 ||
		    !add_valued(s, word, value, payload))
			return false;
	}
	return true;
}

bool tcp_text_parse(struct text_segment *out, const char *text,
		    const uint32_t origin[2])
{
	struct tcp_segment *g = &out->tcp;
	uint32_t payload = 0;

	*out = (struct text_segment){.tcp.win = 10000};
	if (!parse_head(out, &text))
		return false;
	out->peer_origin = origin[!out->from_server];
	if (!parse_words(out, text, &payload))
		return false;
	g->seq += origin[out->from_server];
	if (g->flags & TCP_ACK)
		g->ack += out->peer_origin;
	g->end = tcp_segment_end(g->seq, g->flags, payload);
	g->options = out->options;
	g->options_len = (g->options_len + 3u) & ~3u; /* zero: end of list */
	return true;
}

const char *tcp_text_why(enum tcp_why why)
{
	static const char *const name[TCP_N_WHYS] = {
#define X(id, verdict, text) #id,
		TCP_WHYS(X)
#undef X
	};

	return name[why];
}
