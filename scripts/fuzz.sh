#!/usr/bin/env bash
# Fuzzes entry points for some time each and says what was run: scripts/fuzz.sh SECONDS [TARGET...]
# Needs `cargo install cargo-fuzz --locked` and a C++ compiler. Stable Rust is told to accept the compiler's instrumentation.
# Inputs grow in fuzz/corpus, which is not committed; an input that found something goes to fuzz/inputs with its fix.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
export RUSTC_BOOTSTRAP=1
corpus="read read-forced round-trip folder names candidates answers options"
learning="vectors vocabulary matrix recipe manifest parameters encoder-config encoder-weights plan tuning result packed"
triple=$(rustc -vV | sed -n 's/^host: //p')
found=0
for target in ${*:-$corpus $learning}; do
    binary=corpus features=()
    case " $learning " in *" $target "*) binary=learning features=(--features learning) ;; esac
    mkdir -p "fuzz/corpus/$target"
    # The processes' memory is bounded, and an input may take 2 s (with instrumentation; 5 s in tests without).
    log=$(mktemp)
    if ! MLRC_FUZZ=$target nice -n 10 cargo fuzz run --target "$triple" --sanitizer none "${features[@]}" "$binary" \
        "fuzz/corpus/$target" "fuzz/inputs/$target" -- -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=2 \
        -max_len=4096 -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target-" >"$log" 2>&1; then
        found=1
        echo "$target: FOUND, see $log and fuzz/artifacts" >&2
    fi
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1) inputs in $seconds s," \
        "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)"
done
exit $found
