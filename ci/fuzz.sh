#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Fuzzes: ci/fuzz.sh [-e libfuzzer|afl] [-t SECONDS] [TARGET...]
# Without -e both engines, 20 seconds a target; without TARGET all of fuzz/.
# Starts from corpus/TARGET/; what is found stays under build/.
set -eu
cd "$(dirname "$0")/.."

engines=(libfuzzer afl)
seconds=20
while getopts e:t: option; do
	case $option in
	e) engines=("$OPTARG") ;;
	t) seconds=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

if [ $# -gt 0 ]; then
	targets=("$@")
else
	targets=(fuzz/fuzz_*.c)
	targets=("${targets[@]#fuzz/fuzz_}")
	targets=("${targets[@]%.c}")
fi
for target in "${targets[@]}"; do
	[ -f "fuzz/fuzz_$target.c" ] || {
		echo "fuzz: no such target: $target" >&2
		exit 2
	}
done

# Inputs stay small: one packet, or a short sequence.
MAX_LEN=4096

fuzz_libfuzzer() {
	local target=$1 out=build/fuzz/found/$1
	local words=()
	[ ! -f "fuzz/$target.dict" ] || words=("-dict=fuzz/$target.dict")
	mkdir -p "$out/corpus"
	build/fuzz/fuzz/fuzz_"$target" -max_total_time="$seconds" \
		-max_len="$MAX_LEN" -timeout=10 -rss_limit_mb=2048 \
		"${words[@]}" -print_final_stats=1 -artifact_prefix="$out/" \
		"$out/corpus" "corpus/$target" >"$out/log" 2>&1 || {
		tail -n 60 "$out/log"
		return 1
	}
	sed -n "s/^stat::number_of_executed_units:/$target: runs/p
		s/^stat::new_units_added:/$target: new inputs/p" "$out/log"
}

fuzz_afl() {
	local target=$1 out=build/afl/found/$1
	local words=()
	[ ! -f "fuzz/$target.dict" ] || words=(-x "fuzz/$target.dict")
	rm -rf "$out"
	mkdir -p "$out"
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
		AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		afl-fuzz -V "$seconds" -G "$MAX_LEN" -m none "${words[@]}" \
		-i "corpus/$target" \
		-o "$out" -- "build/afl/fuzz/fuzz_$target" >"$out/log" 2>&1 || {
		tail -n 40 "$out/log"
		return 1
	}
	sed -n "s/^execs_done *:/$target: runs/p
		s/^stability *:/$target: stability/p" "$out/default/fuzzer_stats"
	[ -z "$(find "$out"/default/crashes "$out"/default/hangs -name 'id*')" ] || {
		find "$out"/default/crashes "$out"/default/hangs -name 'id*'
		return 1
	}
}

status=0
for engine in "${engines[@]}"; do
	case $engine in
	libfuzzer) preset=fuzz ;;
	afl)
		preset=afl
		command -v afl-fuzz >/dev/null || {
			echo "SKIPPED: fuzzing with AFL++: afl-fuzz is not installed"
			continue
		}
		;;
	*)
		echo "fuzz: no such engine: $engine" >&2
		exit 2
		;;
	esac
	ci/compile.sh $preset >build/$preset.log 2>&1 || {
		cat build/$preset.log
		exit 1
	}
	echo "fuzz: $engine, $seconds s a target: ${targets[*]}"
	for target in "${targets[@]}"; do
		"fuzz_$engine" "$target" &
		while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
			wait -n || status=1
		done
	done
	while [ -n "$(jobs -p)" ]; do wait -n || status=1; done
done
exit $status
