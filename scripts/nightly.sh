#!/usr/bin/env bash
# What is too slow, or needs too much, for every change: other cases of the property tests, every fault of every command, memory checked
# by valgrind, dependencies, fuzzing. Says what it did and what it could not do; fails if anything was found.
# scripts/nightly.sh [SECONDS of fuzzing for each target, 900 if not given]
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-900}
failed=() skipped=()

step() {
    local name=$1
    shift
    printf '\n== %s\n' "$name"
    "$@" || failed+=("$name")
}
with() { command -v "$1" >/dev/null || { skipped+=("$2: $1 is absent"); return 1; }; }

# Printed, so that what it finds can be found again.
seed=${PROPTEST_RNG_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
[ "$seed" != 1 ] || echo "the seed is that of the gate" >&2
property_tests() {
    echo "PROPTEST_RNG_SEED=$seed PROPTEST_CASES=${PROPTEST_CASES:-2000}"
    PROPTEST_RNG_SEED=$seed PROPTEST_CASES=${PROPTEST_CASES:-2000} cargo test --workspace --locked
}
step "property tests with another seed" property_tests
step "a fault at every step of writing" env MLRC_FAULTS=all cargo test --workspace --locked --test faults -- --ignored --nocapture

# The kernels that valgrind can run: it knows AVX2, not AVX-512, and the kernels ask the processor.
if with valgrind "memory of the kernels"; then
    tests=$(cargo test -p mlrc-kernels --locked --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))$/\1/p')
    [ -n "$tests" ] || failed+=("memory of the kernels: nothing was built")
    for test in $tests; do
        step "valgrind $(basename "$test")" env PROPTEST_CASES=2 valgrind --quiet --error-exitcode=1 --leak-check=no "$test" --test-threads 1
    done
fi

if with cargo-deny "licences, advisories and duplicates"; then
    step "licences, duplicates, sources" cargo deny --offline check licenses bans sources
    step "advisories" cargo deny check advisories
fi
if with cargo-fuzz "fuzzing"; then step "fuzzing" scripts/fuzz.sh "$seconds"; fi
if with cargo-llvm-cov "line coverage"; then
    step "line coverage" cargo llvm-cov --workspace --locked --summary-only --ignore-filename-regex 'tests|fuzz'
fi

printf '\n'
for text in "${skipped[@]}"; do echo "SKIPPED $text"; done
for text in "${failed[@]}"; do echo "FAILED $text"; done
[ ${#failed[@]} = 0 ]
