#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Records pcaps/*.pcap: small captures of real programs' traffic through a Linux
# NAT router, each seen on the client's side of it and at the server.
#
#	sudo pcaps/record.sh [FOLDER]		default: this one
#
# Makes three network namespaces (client, router, server) joined by veth and
# removes them when it ends; touches nothing else. Takes half a minute.
# Needs iproute2 iptables tcpdump curl iputils-ping traceroute dnsmasq-base
# ethtool python3 zstd.
set -euo pipefail

folder=$(realpath "${1:-$(dirname "$0")}")
work=$(mktemp -d)
id=nb$$
client=$id-c router=$id-r server=$id-s
jobs=()

cleanup()
{
	for pid in "${jobs[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	for ns in $client $router $server; do
		ip netns del $ns 2>/dev/null || true
	done
	rm -rf "$work"
}
trap cleanup EXIT

at() # NAMESPACE COMMAND...
{
	timeout 20 ip netns exec "$@"
}

serve() # COMMAND...: in the server, until the end
{
	timeout 120 ip netns exec $server "$@" >>"$work/serve.log" 2>&1 &
	jobs+=($!)
}

network()
{
	for ns in $client $router $server; do
		ip netns add $ns
		ip -n $ns link set lo up
	done
	ip link add lan netns $client type veth peer name lan0 netns $router
	ip link add net netns $server type veth peer name wan0 netns $router
	for end in "$client lan" "$router lan0" "$router wan0" "$server net"; do
		set -- $end
		# frames as a wire has them: no segmentation, real checksums
		at $1 ethtool -K $2 tso off gso off gro off tx off rx off \
			>/dev/null
		ip -n $1 link set $2 up
	done
	ip -n $client addr add 192.168.1.10/24 dev lan
	ip -n $client addr add 2001:db8:1::10/64 dev lan nodad
	ip -n $router addr add 192.168.1.1/24 dev lan0
	ip -n $router addr add 2001:db8:1::1/64 dev lan0 nodad
	ip -n $router addr add 198.51.100.1/24 dev wan0
	ip -n $router addr add 2001:db8:2::1/64 dev wan0 nodad
	ip -n $server addr add 198.51.100.80/24 dev net
	ip -n $server addr add 2001:db8:2::80/64 dev net nodad
	ip -n $client route add default via 192.168.1.1
	ip -n $client route add default via 2001:db8:1::1
	ip -n $server route add 2001:db8:1::/64 via 2001:db8:2::1
	# further hosts on the server's side, for traceroute to pass through
	ip -n $router route add 203.0.113.0/24 via 198.51.100.80
	ip -n $server addr add 203.0.113.80/24 dev lo
	at $router sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratemask=0
	at $router iptables -t nat -A POSTROUTING -o wan0 -j MASQUERADE
}

services()
{
	local root=$work/www

	mkdir "$root"
	seq 1 4000 >"$root/numbers.txt"
	echo "<h1>natbench</h1>" >"$root/index.html"
	serve python3 -m http.server -d "$root" -b :: 80
	serve dnsmasq --keep-in-foreground --no-resolv --no-hosts --user=root \
		--conf-file=/dev/null --listen-address=198.51.100.80 \
		--bind-interfaces --address=/www.example/198.51.100.80
	serve python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.80", 7))
while True:
    data, peer = s.recvfrom(65535)
    s.sendto(data, peer)'
	for _ in $(seq 50); do
		curl_ok && return
		sleep 0.1
	done
	echo "record.sh: no server: $(cat "$work/serve.log")" >&2
	exit 1
}

curl_ok()
{
	at $client curl -sfo /dev/null --max-time 2 http://198.51.100.80/
}

# What the client does in each capture.
http_download()
{
	at $client curl -sSfo "$work/got" http://198.51.100.80/numbers.txt
	cmp "$work/got" "$work/www/numbers.txt"
}

http_parallel()
{
	local pids=()

	for _ in $(seq 12); do
		at $client curl -sSfo /dev/null http://198.51.100.80/ &
		pids+=($!)
	done
	wait "${pids[@]}"
}

http6_download()
{
	at $client curl -sSfo /dev/null 'http://[2001:db8:2::80]/numbers.txt'
}

dns()
{
	at $client python3 -c '
import socket, struct
for i, name in enumerate(("www.example", "mail.www.example", "no.such")):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
    s.sendto(struct.pack("!6H", 100 + i, 256, 1, 0, 0, 0) + labels
             + struct.pack("!BHH", 0, 1, 1), ("198.51.100.80", 53))
    assert s.recv(512)[:2] == struct.pack("!H", 100 + i)'
}

ping4()
{
	at $client ping -q -c 5 -i 0.2 198.51.100.80
}

ping6()
{
	at $client ping -q -c 5 -i 0.2 2001:db8:2::80
}

traceroute_udp()
{
	at $client traceroute -n -q 2 -N 1 -m 4 203.0.113.80
}

traceroute_icmp()
{
	at $client traceroute -n -I -q 2 -N 1 -m 4 203.0.113.80
}

tcp_reset()
{
	! at $client curl -s --max-time 2 http://198.51.100.80:81/
}

udp_unreachable()
{
	at $client python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.connect(("198.51.100.80", 9))
for _ in range(3):
    s.send(b"anyone there?")
    try:
        s.recv(100)
    except ConnectionRefusedError:
        pass'
}

udp_fragments()
{
	at $client python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
sent = bytes(i % 251 for i in range(5000))
s.sendto(sent, ("198.51.100.80", 7))
assert s.recv(65535) == sent'
}

# Longer than conntrack waits for the second packet of a UDP stream, and over
# a TCP connection that says nothing for a while.
idle()
{
	at $client python3 -c '
import socket, time
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.settimeout(2)
u.connect(("198.51.100.80", 7))
t = socket.create_connection(("198.51.100.80", 80))
u.send(b"first"); u.recv(100)
time.sleep(4)
u.send(b"second"); u.recv(100)
t.sendall(b"GET / HTTP/1.0\r\n\r\n")
while t.recv(4096): pass'
}

path_mtu()
{
	ip -n $router link set wan0 mtu 1400
	at $client python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 10, 2) # IP_MTU_DISCOVER, IP_PMTUDISC_DO
s.settimeout(2)
s.connect(("198.51.100.80", 7))
s.send(bytes(1472))
time.sleep(0.3)
for size in 1472, 1372, 1372: # the first is told what the error said
    try:
        s.send(bytes(size))
    except OSError:
        continue
    assert len(s.recv(65535)) == size'
}

sniff() # NAMESPACE INTERFACE FILE: in the background; waits till it listens
{
	timeout 60 ip netns exec $1 tcpdump -i $2 -w "$3" -U --immediate-mode \
		'not arp and not (icmp6 and ip6[40] >= 130 and ip6[40] <= 143)' \
		2>"$3.log" &
	sniffers+=($!)
	for _ in $(seq 50); do
		grep -qs listening "$3.log" && return
		sleep 0.1
	done
	return 1
}

capture() # NAME WHAT IT SHOWS...
{
	local name=$1 sniffers=()

	shift
	sniff $client lan "$work/$name.pcap"
	sniff $server net "$work/$name-far.pcap"
	"$name" >"$work/$name.out" 2>&1 ||
		{ cat "$work/$name.out" >&2; exit 1; }
	sleep 0.4
	kill "${sniffers[@]}"
	wait "${sniffers[@]}" || true
	keep $name.pcap "$*"
	[ -z "${far:-}" ] || keep $name-far.pcap "$*; at the server"
}

keep() # FILE WHAT IT SHOWS
{
	local out=$1 packets

	packets=$(tcpdump -nr "$work/$1" 2>/dev/null | wc -l)
	if [ "$(stat -c %s "$work/$1")" -gt 20000 ]; then
		zstd -q -19 "$work/$1"
		out=$1.zst
	fi
	install -m 644 "$work/$out" "$folder/$out"
	printf '%s\t%s\t%s\t%s\n' "$out" "$packets" "$2" \
		"$(sha256sum <"$folder/$out" | cut -d' ' -f1)" >>"$work/INDEX"
}

index()
{
	cat <<-END
		# Captures of real programs' traffic through a Linux NAT router, made by
		# record.sh in network namespaces: client 192.168.1.10 behind 192.168.1.1 /
		# 198.51.100.1 (MASQUERADE), server 198.51.100.80; seen at the client unless
		# it says otherwise. Ethernet. Licence: BSD-2-Clause.
		# file, packets, what it shows, sha256
	END
	cat "$work/INDEX"
}

network
services
far=yes capture http_download "curl fetches 19 kB over HTTP"
capture http_parallel "twelve curls at once, one connection each"
capture http6_download "curl over IPv6"
capture dns "three lookups answered by dnsmasq"
capture ping4 "five pings"
capture ping6 "five pings over IPv6"
far=yes capture traceroute_udp "traceroute with UDP, two hops"
capture traceroute_icmp "traceroute with ICMP, two hops"
capture tcp_reset "a connection to a closed port"
far=yes capture udp_unreachable "datagrams to a closed port, ICMP answers"
far=yes capture udp_fragments "5,000-byte datagrams in fragments, both ways"
capture idle "UDP and TCP silent for four seconds, then going on"
capture path_mtu "too long for the next link: ICMP fragmentation needed"
index >"$folder/INDEX"
