#!/bin/sh
# Fuzzes targets one after another: run.sh SECONDS [TARGET…], all of them if none is named. Begin with seeds.sh.
set -e
cd "$(dirname "$0")"
seconds=$1
shift
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' Cargo.toml)
for target in "$@"; do
    # Of a readable text a few kilobytes have it all; workbooks, archives and databases are longer.
    case $target in archive | sheets | sqlite_file | packed) length=65536 ;; *) length=4096 ;; esac
    dictionary=dictionaries/$target.dict
    mkdir -p "corpus/$target"
    cargo +nightly fuzz run --fuzz-dir . --sanitizer none "$target" -- $([ ! -e "$dictionary" ] || echo "-dict=$dictionary") \
        -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -max_len=$length -print_final_stats=1
done
